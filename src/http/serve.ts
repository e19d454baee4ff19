import { type ClientParts, createApp, type Platform } from '../app.ts';
import { check } from '../check.ts';
import {
  type Config,
  type Environment,
  loadConfig,
  type Misconfigured,
  redactorOf,
} from '../config.ts';
import { detailOf } from '../errors.ts';
import { createCeiling } from './ceiling.ts';
import { endpointUrl, type HttpConfig, loadHttpConfig } from './config.ts';
import { createEndpoint } from './endpoint.ts';
import { listen } from './listen.ts';
import { createJsonLog, type JsonLog } from './log.ts';

export { describeNewToken } from './new-token.ts';

/** How long a request's line may wait for others. */
const LOG_MS = 20;

/** The exit codes of a process that a signal ended, by a shell's convention. */
const SIGNALS = { SIGTERM: 143, SIGINT: 130 } as const;

export interface HttpProcess {
  readonly env: Environment;
  /** The variables of Sequence's side: the demo has its own. */
  readonly sequenceEnv: Environment;
  readonly platform: Platform;
  /** The way to an OAuth issuer: the network, also where the demo stands in for Sequence. */
  readonly loadFetch: () => Promise<ClientParts['fetch']>;
  readonly flags: { readonly check: boolean; readonly demo: boolean };
  readonly writeToStderr: (line: string) => void;
  /** Prints, and ends the process. */
  readonly print: (text: string, code: number) => void;
  readonly exit: (code: number) => void;
}

/** `--http`: serves, or checks. A wrong variable stops it here, where a person watches the start. */
export async function startHttp(started: HttpProcess): Promise<void> {
  const { env, sequenceEnv, platform, flags, writeToStderr, print, exit } = started;
  const config = loadConfig(sequenceEnv, 'info');
  const http = loadHttpConfig(env);
  const problems = [config.api, http].flatMap((part) =>
    part.kind === 'misconfigured' ? part.problems : [],
  );
  const redact = redactorOf(config.api);
  const write = (lines: string) => writeToStderr(redact(lines));
  const jsonLog = createJsonLog(config.logLevel, write, together(write));
  const app = createApp(config, platform, jsonLog.log, flags.demo);
  if (flags.check) {
    const checked: Config =
      problems.length > 0 ? { ...config, api: { kind: 'misconfigured', problems } } : config;
    const sequence = await check(checked, app, platform.runtime, flags.demo);
    const oauth = await checkIssuer(http, started);
    print(redact(sequence.report + oauth.report), sequence.works && oauth.works ? 0 : 1);
    return;
  }
  for (const problem of problems) jsonLog.log('error', problem);
  if (http.kind === 'misconfigured' || problems.length > 0) exit(1);
  else await serve(http, app, jsonLog, started);
}

/** Writes lines at once that come at about the same time: one by one they took a tenth of a busy endpoint's time. */
function together(write: (lines: string) => void): (line: string) => void {
  let lines = '';
  const flush = () => {
    if (lines) write(lines);
    lines = '';
  };
  process.on('exit', flush);
  return (line) => {
    if (!lines) setTimeout(flush, LOG_MS);
    lines += line;
  };
}

async function checkIssuer(
  http: HttpConfig | Misconfigured,
  { loadFetch }: HttpProcess,
): Promise<{ report: string; works: boolean }> {
  if (http.kind === 'misconfigured' || !http.oauth) return { report: '', works: true };
  const { checkOAuth } = await import('./oauth.ts');
  return checkOAuth(http.oauth, http.url ?? endpointUrl(http.host, http.port), loadFetch);
}

/** Serves until a signal, then drains; a second signal ends the process at once. */
async function serve(
  http: HttpConfig,
  app: ReturnType<typeof createApp>,
  jsonLog: JsonLog,
  { loadFetch, flags, exit }: HttpProcess,
): Promise<void> {
  const { log } = jsonLog;
  process.stderr.on('error', () => {});
  process.on('unhandledRejection', (reason) => log('error', detailOf(reason)));
  // jose comes with it, which fixed tokens do not need.
  const { createOAuth } = http.oauth ? await import('./oauth.ts') : {};
  const { url, drain } = await listen(http.host, http.port, (listensAt, isReady) => {
    const endpoint = http.url ?? listensAt;
    return createEndpoint(app, http, {
      url: endpoint,
      oauth: http.oauth && createOAuth?.(http.oauth, endpoint, loadFetch, log),
      ceiling: createCeiling(http.callsPerMinute),
      log: jsonLog,
      demo: flags.demo,
      isReady,
    });
  }).catch((error: NodeJS.ErrnoException) => {
    log('error', `Cannot listen on HOST and PORT: ${error.code ?? detailOf(error)}.`);
    exit(1);
    throw error;
  });
  jsonLog.announce(`Serving MCP at ${url}`);

  let isDraining = false;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (isDraining) exit(code);
      isDraining = true;
      drain().then(() => exit(0));
    });
  }
}
