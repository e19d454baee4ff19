import { createApp, type Platform } from './app.ts';
import { loadConfig, redactorOf } from './config.ts';
import { type Ceiling, createCeiling } from './http/ceiling.ts';
import { loadPublicEndpointConfig } from './http/config.ts';
import { createEndpoint } from './http/endpoint.ts';
import type { HttpHandler } from './http/handler.ts';
import { createJsonLog } from './http/log.ts';
import { createOAuth } from './http/oauth.ts';
import { problem } from './http/problem.ts';
import { createSequenceClient } from './sequence/client.ts';
import { createCeiling as createLimiter } from './sequence/limiter.ts';
import type { Fetch } from './sequence/transport.ts';

/** A `ratelimit` binding. It counts for all isolates of one of Cloudflare's places. */
interface RateLimit {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The variables and secrets by name, and a binding that counts callers in place of the isolate. */
interface Bindings {
  readonly [name: string]: unknown;
  readonly CALLERS?: RateLimit;
}

/** The longer of the two periods that a `ratelimit` binding can have; it does not tell which it has. */
const LONGEST_PERIOD_S = 60;

/** workerd decompresses what it gets, and asks for nothing compressed by itself. */
const fetchCompressed: Fetch = (url, { headers, ...init }) =>
  fetch(url, { ...init, headers: { ...headers, 'accept-encoding': 'gzip' } });

const platform: Platform = {
  runtime: 'workerd',
  load: () => ({ createSequenceClient, createLimiter, fetch: fetchCompressed }),
};

/** One for each isolate. What it keeps between requests is plain data: none may wait for what another began. */
const handlers = new WeakMap<Bindings, HttpHandler>();

export default {
  /** Answers a request to the endpoint that the bindings configure. */
  fetch(request: Request, env: Bindings): Promise<Response> {
    const handler = handlers.get(env) ?? createHandler(env);
    handlers.set(env, handler);
    return handler(request);
  },
};

function createHandler(bindings: Bindings): HttpHandler {
  const env = variablesOf(bindings);
  const config = loadConfig(env, 'info');
  const endpoint = loadPublicEndpointConfig(env);
  const redact = redactorOf(config.api);
  const log = createJsonLog(config.logLevel, (line) => console.log(redact(line.trimEnd())));
  const problems = [config.api, endpoint].flatMap((part) =>
    part.kind === 'misconfigured' ? part.problems : [],
  );
  if (endpoint.kind === 'misconfigured' || problems.length > 0) {
    return async () => {
      // Each time: who looks into the log of a Worker sees what is written from then on.
      for (const message of problems) log.log('error', message);
      return problem(503, 'This endpoint is not configured; its log says what is missing.');
    };
  }
  const ceiling = bindings.CALLERS
    ? ceilingOf(bindings.CALLERS)
    : createCeiling(endpoint.callsPerMinute);
  const { url } = endpoint;
  const oauth = endpoint.oauth && createOAuth(endpoint.oauth, url, () => fetchCompressed, log.log);
  return createEndpoint(createApp(config, platform, log.log), endpoint, {
    url,
    oauth,
    ceiling,
    log,
  });
}

/** A number in a configuration of wrangler arrives as one. */
function variablesOf(bindings: Bindings): Record<string, string> {
  const isVariable = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  return Object.fromEntries(
    Object.entries(bindings).flatMap(([name, value]) =>
      isVariable(value) ? [[name, String(value)]] : [],
    ),
  );
}

function ceilingOf(callers: RateLimit): Ceiling {
  return async (caller) => ((await callers.limit({ key: caller })).success ? 0 : LONGEST_PERIOD_S);
}
