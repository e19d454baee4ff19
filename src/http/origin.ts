import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { isLoopback } from '../loopback.ts';
import { errorResponse } from './errors.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** What a browser may send to the endpoint, and read of its responses. */
const CORS = {
  allowMethods: ['GET', 'POST'],
  allowHeaders: [
    ...['authorization', 'content-type', 'accept', 'mcp-protocol-version', 'mcp-method'],
    ...['mcp-name', 'mcp-session-id', 'last-event-id', 'traceparent', 'tracestate', 'baggage'],
  ],
  exposeHeaders: ['www-authenticate', 'retry-after', 'x-request-id'],
  maxAge: 7_200,
};

/**
 * Refuses a request for another host than that of `url`, against DNS rebinding. The port does not count,
 * and on loopback each of its names does.
 */
export function checkHost(url: string): MiddlewareHandler {
  const { hostname } = new URL(url);
  const names = isLoopback(hostname) ? [hostname, ...LOOPBACK_NAMES] : [hostname];
  return async (c, next) => {
    if (!names.includes(new URL(c.req.url).hostname)) {
      return errorResponse(403, 'This host is not served here.');
    }
    await next();
  };
}

/** Refuses an origin that is not listed, and answers the preflight of one that is. */
export function checkOrigin(url: string, origins: readonly string[]): MiddlewareHandler {
  const isLocal = isLoopback(new URL(url).hostname);
  const isListed = (origin: string) => {
    if (origins.includes(origin)) return true;
    if (!isLocal || !/^https?:/.test(origin) || !URL.canParse(origin)) return false;
    return LOOPBACK_NAMES.includes(new URL(origin).hostname);
  };
  const share = cors({ ...CORS, origin: (origin) => origin });
  return async (c, next) => {
    const origin = c.req.header('origin');
    if (origin === undefined) return await next();
    if (!isListed(origin)) return errorResponse(403, 'This origin may not call.');
    return await share(c, next);
  };
}

/**
 * Refuses what came through a proxy. An endpoint without tokens is for this machine alone, and a proxy
 * before it would open it to others.
 */
export const refuseProxied: MiddlewareHandler = async (c, next) => {
  const names = Object.keys(c.req.header());
  if (names.some((name) => /^(?:forwarded|via|x-forwarded-.*)$/.test(name))) {
    return errorResponse(
      403,
      'This endpoint has no tokens, so it takes no requests that came through a proxy: set SEQUENCE_MCP_TOKENS.',
    );
  }
  await next();
};
