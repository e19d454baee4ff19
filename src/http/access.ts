import { isLoopback } from '../loopback.ts';

/** What a browser may send to the endpoint, and read of its answers. */
const PREFLIGHT = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers':
    'authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id',
  'access-control-max-age': '7200',
};
const EXPOSED = 'www-authenticate, retry-after, x-request-id';

/** Which `Host` and which `Origin` a request to the endpoint may name. */
export interface Access {
  isOwnHost(host: string | null): boolean;
  isListedOrigin(origin: string): boolean;
}

/** `url` is the endpoint's own. Where it is on loopback, every name of loopback is its host and may be an origin. */
export function createAccess(url: string, origins: readonly string[]): Access {
  const { hostname } = new URL(url);
  const isLocal = isLoopback(hostname);
  return {
    isOwnHost(host) {
      const name = hostnameOf(host ?? '');
      return name === hostname || (isLocal && LOOPBACK_NAMES.includes(name));
    },
    isListedOrigin(origin) {
      if (origins.includes(origin)) return true;
      const name = /^https?:\/\/([^/]*)$/.exec(origin)?.[1];
      return isLocal && name !== undefined && LOOPBACK_NAMES.includes(hostnameOf(name));
    },
  };
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** The name in a `Host` header; the port does not count. Empty where it is none. */
function hostnameOf(host: string): string {
  return /^(\[[\da-f:.]+\]|[^:/?#@\s,[\]\\]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase() ?? '';
}

export function isPreflight({ method, headers }: Request): boolean {
  return (
    method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method')
  );
}

export function answerPreflight(): Response {
  return new Response(null, { status: 204, headers: PREFLIGHT });
}

/** Lets a listed origin read an answer. */
export function shareWith(origin: string, headers: Headers): void {
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-expose-headers', EXPOSED);
  headers.append('vary', 'Origin');
}
