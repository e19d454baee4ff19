import { createApp, type Platform } from '../app.ts';
import { type CheckResult, check } from '../check.ts';
import type { Environment } from '../config.ts';
import { detailOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { createHttpApp } from './app.ts';
import { type Auth, createAuth } from './auth/authenticate.ts';
import { createCallers } from './callers.ts';
import { type HttpConfig, listenUrl, loadBoth } from './config.ts';
import { createJsonLog } from './log.ts';
import { listen } from './node.ts';

export interface HttpOptions {
  readonly env: Environment;
  /** The variables of Sequence's side: the demo has its own. */
  readonly sequenceEnv: Environment;
  readonly platform: Platform;
  readonly demo: boolean;
}

/** The exit codes of a process that a signal ended, by a shell's convention. */
const SIGNALS = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Serves `--http` until a signal, then drains and ends the process; a second signal ends it at once. A
 * wrong variable ends it too, with 1: a person watches the start.
 */
export async function serveHttp(
  { env, sequenceEnv, platform, demo }: HttpOptions,
  writeToStderr: (text: string) => void,
): Promise<void> {
  const { config, http, problems } = loadBoth(env, sequenceEnv);
  const { api, timeoutMs, logLevel, redact } = config;
  const jsonLog = createJsonLog(logLevel, writeToStderr, redact);
  const { log, announce } = jsonLog;
  process.stderr.on('error', () => {});
  process.on('unhandledRejection', (reason) => log('error', detailOf(reason)));
  for (const problem of problems) log('error', problem);
  if (http.kind === 'misconfigured' || api.kind === 'misconfigured') process.exit(1);

  const app = createApp(config, platform, log, demo);
  const callers = createCallers(http, api.requestsPerMinute);
  const authAt = await loadAuth(http, log);
  const { host, port } = http;
  const { url, drain } = await listen(host, port, timeoutMs, (listensAt, isReady) => {
    const url = http.url ?? listensAt;
    const parts = { url, auth: authAt(url), callers, log: jsonLog, demo, isReady };
    return createHttpApp(app, http, parts).fetch;
  }).catch((error: unknown) => {
    log('error', describeListenError(error));
    process.exit(1);
  });
  announce(`Serving MCP at ${url}`);
  const warning = pathWarning(http);
  if (warning) log('warn', warning);

  let isDraining = false;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (isDraining) process.exit(code);
      isDraining = true;
      drain().then(() => process.exit(0));
    });
  }
}

/** What `--http --check` prints: the key, the port and the issuer, without serving. */
export async function checkHttp(options: HttpOptions): Promise<CheckResult> {
  const { platform, demo } = options;
  const { config, http, problems } = loadBoth(options.env, options.sequenceEnv);
  const isRight = http.kind === 'configured' && problems.length === 0;
  const checked = isRight
    ? config
    : { ...config, api: { kind: 'misconfigured' as const, problems } };
  const app = createApp(checked, platform, () => {}, demo);
  const results = [await check(checked, app, platform.runtime, demo)];
  if (isRight) results.push(await checkListen(http));
  if (isRight && http.oauth) {
    const { checkIssuer } = await import('./auth/check-issuer.ts');
    const url = http.url ?? listenUrl(http.host, http.port);
    results.push(await checkIssuer(http.oauth, url, fetch));
  }
  return {
    report: config.redact(results.map(({ report }) => report).join('')),
    works: results.every(({ works }) => works),
  };
}

/** Loads what checks access tokens, and jose with it, only if there is an issuer. */
async function loadAuth(http: HttpConfig, log: Log): Promise<(url: string) => Auth> {
  const { oauth } = http;
  if (!oauth) return (url) => createAuth(http, url);
  const { createAccessTokens } = await import('./auth/access-tokens.ts');
  return (url) => createAuth(http, url, createAccessTokens(oauth, url, fetch, log));
}

async function checkListen(http: HttpConfig): Promise<CheckResult> {
  const warning = pathWarning(http);
  const note = warning ? `note         ${warning}\n` : '';
  try {
    const { drain } = await listen(http.host, http.port, 0, () => () => new Response());
    await drain(0);
    return { report: `${note}works        listening on HOST and PORT\n`, works: true };
  } catch (error) {
    return { report: `${note}fails        ${describeListenError(error)}\n`, works: false };
  }
}

function describeListenError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : detailOf(error);
  return `Cannot listen on HOST and PORT: ${code}.`;
}

/** MCP is served at /mcp. A public URL with another path takes a proxy that leads there. */
function pathWarning({ url }: HttpConfig): string | undefined {
  const path = url && new URL(url).pathname;
  if (!path || path === '/mcp') return undefined;
  return `SEQUENCE_MCP_URL has the path ${path}, but this server serves /mcp: a proxy must send ${path} on as /mcp.`;
}
