import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { isLoopback } from '../config.ts';
import { errorResponse } from './errors.ts';

const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** Refuses any host but that of `url`, against DNS rebinding. Ignores the port. */
export function checkHost(url: string): MiddlewareHandler {
  const { hostname } = new URL(url);
  return async (c, next) => {
    const asked = new URL(c.req.url).hostname;
    if (asked === hostname || (isLoopback(asked) && isLoopback(hostname))) return await next();
    return errorResponse(403, 'This host is not served here.');
  };
}

/** Refuses an unlisted origin, and answers the preflight of a listed one. */
export function checkOrigin(url: string, origins: readonly string[]): MiddlewareHandler {
  const isLocal = isLoopback(new URL(url).hostname);
  // A listed origin may send any header.
  const share = cors({
    origin: (origin) => origin,
    allowMethods: ['GET', 'POST'],
    exposeHeaders: ['www-authenticate', 'retry-after', 'x-request-id'],
    maxAge: 7_200,
  });
  return async (c, next) => {
    const origin = c.req.header('origin');
    if (origin === undefined) return await next();
    const isListed = origins.includes(origin) || (isLocal && LOOPBACK_ORIGIN.test(origin));
    if (!isListed) return errorResponse(403, 'This origin may not call.');
    return await share(c, next);
  };
}

/** Refuses proxied requests to an endpoint without tokens: a proxy would open it to others. */
export const refuseProxied: MiddlewareHandler = async (c, next) => {
  const names = Object.keys(c.req.header());
  if (!names.some((name) => /^(?:forwarded|via|x-forwarded-.*)$/.test(name))) return await next();
  const why =
    'This endpoint has no tokens, so it takes no requests that came through a proxy: set SEQUENCE_MCP_TOKENS.';
  return errorResponse(403, why);
};
