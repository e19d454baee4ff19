// The built Worker in workerd, the runtime of Cloudflare Workers.
import { readFileSync } from 'node:fs';
import { Miniflare } from 'miniflare';
import { ENDPOINTS } from './http-cases.ts';
import { at } from './programs.ts';
import { type RawAnswer, send } from './raw-http.ts';

export const HOST = new URL(ENDPOINTS.GUARDED.SEQUENCE_MCP_URL).host;

export interface WorkerServer extends AsyncDisposable {
  /** The endpoint, `http://127.0.0.1:…/mcp`. */
  readonly url: string;
  /** The log lines of the Worker and of workerd. */
  readonly log: string[];
  /** The Worker's own log lines. */
  records(): Record<string, unknown>[];
  /** Sends a raw request to the configured host. */
  send(request: Parameters<typeof send>[1], host?: string): Promise<RawAnswer>;
}

export interface WorkerOptions {
  readonly bindings: Readonly<Record<string, string | number>>;
  /** Calls of one caller in a minute, limited by a binding. */
  readonly callers?: number;
  readonly compatibilityDate?: string;
}

/** The required bindings, with Sequence at `api`. */
export const configured = (api: string, more: Record<string, string | number> = {}) => ({
  SEQUENCE_CLIENT_ID: 'key',
  SEQUENCE_CLIENT_SECRET: 'secret',
  SEQUENCE_API_URL: api,
  ...ENDPOINTS.GUARDED,
  ...more,
});

/** Without compatibility flags, with a date before `nodejs_compat` became the default. */
export async function startWorker({
  bindings,
  callers,
  compatibilityDate = '2026-07-30',
}: WorkerOptions): Promise<WorkerServer> {
  const log: string[] = [];
  const ratelimits = callers && { CALLERS: { namespace_id: '1', simple: { limit: callers, period: 60 as const } } };
  const miniflare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: readFileSync(at('dist/worker.js'), 'utf8') }],
    compatibilityDate,
    bindings,
    ...(ratelimits && { ratelimits }),
    // Otherwise it fetches a request's `cf` from Cloudflare.
    cf: false,
    host: '127.0.0.1',
    port: 0,
    handleStructuredLogs: ({ message }: { message: string }) => void log.push(message),
  });
  const url = new URL('/mcp', await miniflare.ready).href;
  return {
    url,
    log,
    records: () => log.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
    send: (request, host = HOST) => send(url, request, host),
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}

export const LOCAL_HOST = '127.0.0.1';

/** For clients, whose Host is the address that they connect to. */
export async function startLocalWorker(api: string, more: Record<string, string | number> = {}): Promise<WorkerServer> {
  return startWorker({ bindings: configured(api, { ...more, SEQUENCE_MCP_URL: `http://${LOCAL_HOST}/mcp` }) });
}
