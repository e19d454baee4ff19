import { createApp } from '../app.ts';
import { type CheckResult, check } from '../check.ts';
import type { Environment } from '../config.ts';
import { detailOf } from '../errors.ts';
import type { Platform } from '../sequence/client.ts';
import { createHttpApp } from './app.ts';
import { createAuth } from './auth/authenticate.ts';
import { createCallers } from './callers.ts';
import { type HttpConfig, listenUrl, loadBoth, urlHost } from './config.ts';
import { createJsonLog } from './log.ts';
import { listen } from './node.ts';

export interface HttpOptions {
  readonly env: Environment;
  readonly platform: Platform;
  readonly demo: boolean;
}

/** Serves until a signal, then drains and exits. A second signal or an invalid variable exits. */
export async function serveHttp(
  { env, platform, demo }: HttpOptions,
  writeToStderr: (text: string) => void,
): Promise<void> {
  const { config, http, problems } = loadBoth(env, demo);
  const { api, timeoutMs, logLevel, redact } = config;
  const log = createJsonLog(logLevel, writeToStderr, redact);
  process.stderr.on('error', () => {});
  process.on('unhandledRejection', (reason) => log('error', detailOf(reason)));
  for (const problem of problems) log('error', problem);
  if (http.kind === 'misconfigured' || api.kind === 'misconfigured') process.exit(1);

  const app = createApp(config, platform, log);
  const callers = createCallers(http, api.requestsPerMinute);
  const { host, port, oauth } = http;
  // Loads jose only if there is an issuer.
  const jose = oauth && (await import('./auth/access-tokens.ts'));
  const { url, drain } = await listen(host, port, timeoutMs, (listensAt, isReady) => {
    const url = http.url ?? listensAt;
    const auth = createAuth(http, url, oauth && jose?.createAccessTokens(oauth, url, fetch, log));
    return createHttpApp({ app, config: http, url, auth, callers, log, demo, isReady }).fetch;
  }).catch((error: Error) => {
    log('error', error.message);
    process.exit(1);
  });
  // Printed at any log level: a person waits for it.
  createJsonLog('info', writeToStderr, redact)('info', `Serving MCP at ${url}`);
  const warning = pathWarning(http.url);
  if (warning) log('warn', warning);

  let isDraining = false;
  // A shell's exit codes of a process ended by a signal.
  for (const [signal, code] of Object.entries({ SIGTERM: 143, SIGINT: 130 })) {
    process.on(signal, () => {
      if (isDraining) process.exit(code);
      isDraining = true;
      drain().then(() => process.exit(0));
    });
  }
}

/** `--http --check`: checks the key, the port and the issuer, without serving. */
export async function checkHttp(options: HttpOptions): Promise<CheckResult> {
  const { env, platform, demo } = options;
  const { config, http, problems } = loadBoth(env, demo);
  const isRight = http.kind === 'configured' && problems.length === 0;
  const api = isRight ? config.api : { kind: 'misconfigured' as const, problems };
  const app = createApp(config, platform, () => {});
  const results = [await check({ ...config, api }, app, platform.runtime)];
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

async function checkListen({ host, port, url }: HttpConfig): Promise<CheckResult> {
  const warning = pathWarning(url);
  const note = warning ? `note         ${warning}\n` : '';
  const failure = await listen(host, port, 0, () => () => new Response()).then(
    ({ drain }) => drain(0),
    (error: Error) => error.message,
  );
  const line = failure ?? `listening on ${urlHost(host)}:${port}`;
  return { report: `${note}${failure ? 'fails' : 'works'}        ${line}\n`, works: !failure };
}

/** The server only has /mcp. A public URL with another path needs a proxy that maps it. */
function pathWarning(url: string | undefined): string | undefined {
  const path = url && new URL(url).pathname;
  if (!path || path === '/mcp') return undefined;
  return `SEQUENCE_MCP_URL has the path ${path}, but this server serves /mcp: a proxy must send ${path} on as /mcp.`;
}
