import './jitless.ts';
import { createApp } from './app.ts';
import { createHttpApp } from './http/app.ts';
import { createAccessTokens } from './http/auth/access-tokens.ts';
import { createAuth } from './http/auth/authenticate.ts';
import { type Callers, createCallers } from './http/callers.ts';
import { loadBoth } from './http/config.ts';
import { errorResponse } from './http/errors.ts';
import { createJsonLog } from './http/log.ts';
import type { Fetch } from './sequence/fetch.ts';

interface Bindings {
  readonly [name: string]: unknown;
  /** Counts for all isolates of a Cloudflare location, instead of for this isolate alone. */
  readonly CALLERS?: { limit(options: { key: string }): Promise<{ success: boolean }> };
}

/** The longer of the two periods of a `ratelimit` binding, which does not report its own. */
const MAX_PERIOD_MS = 60_000;

/** workerd decompresses responses, but does not request compressed ones. */
const fetchCompressed: Fetch = (url, { headers, ...init }) =>
  fetch(url, { ...init, headers: { ...headers, 'accept-encoding': 'gzip' } });

type Handler = (request: Request) => Response | Promise<Response>;

/** One per isolate. Holds only plain data: a request must not await another's promise. */
const handlers = new WeakMap<Bindings, Handler>();

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const handler = handlers.get(env) ?? createHandler(env);
    handlers.set(env, handler);
    return handler(request);
  },
};

function createHandler(bindings: Bindings): Handler {
  // Variables in wrangler's configuration may be numbers.
  const env = Object.entries(bindings).flatMap(([name, value]) =>
    /string|number/.test(typeof value) ? [[name, String(value)]] : [],
  );
  const { config, http, problems } = loadBoth(Object.fromEntries(env), false, true);
  const { api, logLevel, redact } = config;
  const log = createJsonLog(logLevel, (line) => console.log(line.trimEnd()), redact);
  if (http.kind === 'misconfigured' || api.kind === 'misconfigured') {
    return () => {
      // Logged per request: a Worker's live log shows only new lines.
      for (const problem of problems) log('error', problem);
      return errorResponse(503, 'This endpoint is not configured; its log says what is missing.');
    };
  }
  const app = createApp(config, { runtime: 'workerd', fetch: fetchCompressed }, log);
  const { url = '', oauth } = http;
  const verify = oauth && createAccessTokens(oauth, url, fetchCompressed, log);
  const auth = createAuth(http, url, verify);
  const callers = callersOf(bindings, createCallers(http, api.requestsPerMinute));
  return createHttpApp({ app, config: http, url, auth, callers, log }).fetch;
}

/** Calls in progress are not limited: the runtime drops a disconnected client's call silently. */
function callersOf({ CALLERS }: Bindings, { limitOf }: Callers): Callers {
  const begin = () => () => {};
  if (!CALLERS) return { limitOf, begin };
  const take = async (key: string) => ((await CALLERS.limit({ key })).success ? 0 : MAX_PERIOD_MS);
  return { limitOf: (key) => ({ take: () => take(key) }), begin };
}
