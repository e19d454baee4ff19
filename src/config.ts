import { LOG_LEVELS, type LogLevel } from './log.ts';
import { Secret } from './secret.ts';

/** Hosts from the server list of the endpoint's OpenAPI document. */
const API_URLS = new Map([
  ['production', 'https://eu.sequencehq.com/api'],
  ['sandbox', 'https://sandbox.sequencehq.com/api'],
  ['dev', 'https://dev.seqhq.io/api'],
]);

export interface ApiConfig {
  readonly kind: 'configured';
  /** The environment's name, or `custom` if `SEQUENCE_API_URL` overrides its address. */
  readonly environment: string;
  readonly url: string;
  /** The value of the `Sequence-Version` header, `YYYY-MM-DD`. */
  readonly version: string;
  /** The whole value of the `Authorization` header. */
  readonly authorization: Secret;
  readonly requestsPerMinute: number;
}

/** One sentence for each problem. */
export type Misconfigured = { readonly kind: 'misconfigured'; readonly problems: string[] };

export interface Config {
  /** Whether the server uses made-up customers from memory. */
  readonly demo: boolean;
  readonly api: ApiConfig | Misconfigured;
  /** Deadline of one tool call in milliseconds. */
  readonly timeoutMs: number;
  readonly logLevel: LogLevel;
  /** Redacts the key in a text that leaves the program. */
  readonly redact: (text: string) => string;
}

export type Variable = { readonly meaning: string; readonly default?: string };

/** The variables of every transport. Tests compare README, manifest and `--help` with it. */
export const VARIABLES = {
  SEQUENCE_CLIENT_ID: { meaning: 'API key pair: its id' },
  SEQUENCE_CLIENT_SECRET: { meaning: 'API key pair: its secret' },
  SEQUENCE_ENVIRONMENT: { meaning: 'production, sandbox or dev', default: 'production' },
  SEQUENCE_API_URL: { meaning: "overrides the environment's address" },
  SEQUENCE_API_VERSION: { meaning: 'Sequence API version', default: '2024-07-30' },
  SEQUENCE_TIMEOUT_MS: { meaning: 'deadline of one tool call, retries included', default: '45000' },
  SEQUENCE_REQUESTS_PER_MINUTE: { meaning: "this process's own rate limit", default: '1500' },
  SEQUENCE_LOG_LEVEL: { meaning: 'error, warn, info or debug, to stderr', default: 'warn' },
} as const satisfies Record<string, Variable>;

export type Environment = { readonly [name: string]: string | undefined };

/** Values that hosts pass for a blank field. `${user_config.x}` comes from Claude Desktop. */
const UNSET = /^(?:null|undefined|\$\{[^}]*\})?$/;

/** Marks a value that Deno's permissions hide. No variable can contain a NUL. */
const HIDDEN = '\0';

function lookUp(env: Environment, name: string): string | undefined {
  try {
    return env[name];
  } catch {
    return HIDDEN;
  }
}

/** Collects problems by variable name. Values are left out: one may be a misplaced secret. */
export function createReader<Name extends string>(
  env: Environment,
  variables: Readonly<Record<Name, Variable>>,
) {
  const problems: string[] = [];

  const check = (isRight: boolean, problem: string): boolean => {
    if (!isRight) problems.push(problem);
    return isRight;
  };

  /** The value, trimmed, or the default. */
  const read = (name: Name, fallback = variables[name].default): string | undefined => {
    const value = lookUp(env, name)?.trim() ?? '';
    if (value !== HIDDEN) return UNSET.test(value) ? fallback : value;
    const names = name.startsWith('SEQUENCE_') ? 'SEQUENCE_*' : name;
    const problem = `Deno may not read ${names}: start it with '--allow-env=${names}'.`;
    if (!problems.includes(problem)) problems.push(problem);
    return fallback ?? '';
  };

  /** A whole number from `min` to `max`; otherwise a problem, and the default. */
  const integer = (name: Name, min: number, max: number): number => {
    const text = read(name) ?? '';
    const isRight = /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
    check(isRight, `${name} must be a whole number from ${min} to ${max}.`);
    return Number(isRight ? text : variables[name].default);
  };

  return { problems, check, read, integer };
}

/** The demo uses the same client, without a key. The host name cannot exist (RFC 2606). */
const DEMO = {
  SEQUENCE_CLIENT_ID: 'demo',
  SEQUENCE_CLIENT_SECRET: 'demo',
  SEQUENCE_API_URL: 'https://demo.invalid/api',
};

function demoEnvironment(env: Environment): Environment {
  const honoured = ['SEQUENCE_TIMEOUT_MS', 'SEQUENCE_REQUESTS_PER_MINUTE', 'SEQUENCE_LOG_LEVEL'];
  // The demo runs even if Deno hides these variables.
  const visible = honoured.filter((name) => lookUp(env, name) !== HIDDEN);
  return { ...DEMO, ...Object.fromEntries(visible.map((name) => [name, env[name]])) };
}

/** Reads the configuration from variables. Never throws; returns all problems together. */
export function loadConfig(env: Environment, demo = false, defaultLogLevel?: LogLevel): Config {
  const reader = createReader(demo ? demoEnvironment(env) : env, VARIABLES);
  const { problems, check, read, integer } = reader;

  const clientId = read('SEQUENCE_CLIENT_ID');
  const idProblem = credentialProblem(clientId);
  check(!idProblem, `SEQUENCE_CLIENT_ID ${idProblem}.`);
  // RFC 7617: the first colon ends the user id.
  check(!clientId?.includes(':'), 'SEQUENCE_CLIENT_ID must not contain a colon.');
  const clientSecret = read('SEQUENCE_CLIENT_SECRET');
  const secretProblem = credentialProblem(clientSecret);
  check(!secretProblem, `SEQUENCE_CLIENT_SECRET ${secretProblem}.`);

  const environment = read('SEQUENCE_ENVIRONMENT')?.toLowerCase() ?? '';
  check(API_URLS.has(environment), 'SEQUENCE_ENVIRONMENT must be production, sandbox or dev.');
  const override = read('SEQUENCE_API_URL');
  const overrideProblem = override && (urlProblem(override) ?? proxyProblem(override, env));
  check(!overrideProblem, `SEQUENCE_API_URL ${overrideProblem}.`);
  const version = read('SEQUENCE_API_VERSION') ?? '';
  check(/^\d{4}-\d{2}-\d{2}$/.test(version), 'SEQUENCE_API_VERSION must be a date, YYYY-MM-DD.');

  const timeoutMs = integer('SEQUENCE_TIMEOUT_MS', 1_000, 600_000);
  const requestsPerMinute = integer('SEQUENCE_REQUESTS_PER_MINUTE', 1, 100_000);
  const wantedLevel = read('SEQUENCE_LOG_LEVEL', defaultLogLevel)?.toLowerCase();
  const logLevel = LOG_LEVELS.find((level) => level === wantedLevel);
  check(!!logLevel, `SEQUENCE_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);

  const common = { demo, timeoutMs, logLevel: logLevel ?? 'warn' };
  const url = override ?? API_URLS.get(environment);
  if (problems.length > 0 || !url || !clientSecret) {
    return { ...common, api: { kind: 'misconfigured', problems }, redact: (text) => text };
  }
  const pair = `${clientId}:${clientSecret}`;
  const basic = btoa(String.fromCharCode(...new TextEncoder().encode(pair)));
  const authorization = new Secret(`Basic ${basic}`, pair, clientSecret);
  return {
    ...common,
    api: {
      kind: 'configured',
      environment: override === undefined ? environment : 'custom',
      // Normalised by the URL standard, so that later comparisons do not depend on case.
      url: new URL(url).href.replace(/\/+$/, ''),
      version,
      authorization,
      requestsPerMinute,
    },
    redact: (text) => authorization.redact(text),
  };
}

export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Detects what people paste instead of a key, or around it. Sequence would only answer 401. */
function credentialProblem(value: string | undefined): string | undefined {
  if (value === undefined) return 'is not set';
  if (/[\p{C}\p{Default_Ignorable_Code_Point}]|[^\S ]/u.test(value)) {
    return 'contains a character that is not visible: copy it again';
  }
  if (/^["'`‘’“”]|["'`‘’“”]$/.test(value)) return 'is in quotation marks: leave them out';
  const isPlaceholder =
    /^(?:\$\w+|\$?\(.*\)|%\w+%|<.*>|\{.*\}|\[.*\]|x{4,}|\*+|.*(?:\.{3}|…))$/i.test(value) ||
    /^(?:your|my|the|insert|enter|replace|paste)[-_ ].*(?:id|key|secret|here|me)$/i.test(value) ||
    /^(?:change[-_ ]?me|placeholder|todo)$/i.test(value);
  return isPlaceholder ? 'is a placeholder: put the real value there' : undefined;
}

/** The problem with a configured URL, to be printed after the variable's name, or `undefined`. */
export function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return 'must start with https:// (http:// is for this machine only)';
  }
  if (url.username || url.password) return 'must not contain a user name or password';
  // `url.search` and `url.hash` are empty for a bare `?` or `#`, which still break the joined URL.
  return /[?#]/.test(text) ? 'must not have a query or a fragment' : undefined;
}

/**
 * The problem if a proxy could get a key meant for loopback. Bun, Deno and later Nodes use proxies
 * for loopback too. Deno does so even if it hides the variable from this program.
 */
function proxyProblem(text: string, env: Environment): string | undefined {
  const { protocol, hostname } = new URL(text);
  if (!isLoopback(hostname)) return undefined;
  const read = (name: string) => lookUp(env, name) || lookUp(env, name.toLowerCase());
  const [noProxy, lowerCase] = [lookUp(env, 'NO_PROXY'), lookUp(env, 'no_proxy')];
  // Bun reads the one in lower case first, Deno the other. All understand a list of names.
  const lists = [noProxy, lowerCase].filter((list) => list && list !== HIDDEN);
  const ours = hostname.replace(/[[\]]/g, '');
  const isExempt = (list = '') => list.split(',').some((entry) => entry.trim() === ours);
  if (lists.length > 0 && lists.every(isExempt)) return undefined;
  const proxy = [protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY', 'ALL_PROXY'].find(read);
  if (!proxy) return undefined;
  const isHidden = read(proxy) === HIDDEN;
  const culprit = isHidden ? `Deno hides ${proxy} from this program; if set, it` : proxy;
  const also = lists.includes(lowerCase) ? ' and no_proxy alike' : '';
  const flag = " and start Deno with '--allow-env=SEQUENCE_*,NO_PROXY'";
  const permission = noProxy === HIDDEN ? flag : '';
  return `is on this machine, but ${culprit} could take the key elsewhere: set NO_PROXY=localhost,127.0.0.1,::1${also}${permission}`;
}
