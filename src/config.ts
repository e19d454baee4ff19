import { LOG_LEVELS, type LogLevel } from './log.ts';
import { isLoopback } from './loopback.ts';
import { Secret } from './secret.ts';

/** Hosts from the server list of the endpoint's OpenAPI document. */
const API_URLS = {
  production: 'https://eu.sequencehq.com/api',
  sandbox: 'https://sandbox.sequencehq.com/api',
  dev: 'https://dev.seqhq.io/api',
} as const;

/** What a client of Sequence needs. */
export interface ApiConfig {
  readonly kind: 'configured';
  /** An environment's name, or `custom` if the address is overridden. */
  readonly environment: keyof typeof API_URLS | 'custom';
  /** Without a trailing slash. */
  readonly url: string;
  /** The value of the `Sequence-Version` header, `YYYY-MM-DD`. */
  readonly version: string;
  /** The whole value of the `Authorization` header. Neither half of the key is kept beside it. */
  readonly authorization: Secret;
  /** Requests in any 60 seconds. */
  readonly requestsPerMinute: number;
}

/** Everything that is wrong, a sentence for each problem. */
export interface Misconfigured {
  readonly kind: 'misconfigured';
  readonly problems: readonly string[];
}

export interface Config {
  readonly api: ApiConfig | Misconfigured;
  /** Deadline of one tool call in milliseconds. */
  readonly timeoutMs: number;
  readonly logLevel: LogLevel;
  /** Takes the key out of a text that leaves the program. */
  readonly redact: (text: string) => string;
}

/** What an environment variable is for, and its default. */
export interface Variable {
  readonly meaning: string;
  readonly default?: string;
}

/** The variables that every transport reads. README, manifest and `--help` are tested against it. */
export const VARIABLES = {
  SEQUENCE_CLIENT_ID: { meaning: 'API key pair: its id' },
  SEQUENCE_CLIENT_SECRET: { meaning: 'API key pair: its secret' },
  SEQUENCE_ENVIRONMENT: { meaning: 'production, sandbox or dev', default: 'production' },
  SEQUENCE_API_URL: { meaning: "overrides the environment's address" },
  SEQUENCE_API_VERSION: { meaning: 'Sequence API version', default: '2024-07-30' },
  SEQUENCE_TIMEOUT_MS: {
    meaning: 'deadline of one tool call, retries included',
    default: '45000',
  },
  SEQUENCE_REQUESTS_PER_MINUTE: { meaning: "this process's own rate limit", default: '1500' },
  SEQUENCE_LOG_LEVEL: { meaning: 'error, warn, info or debug, to stderr', default: 'warn' },
} as const satisfies Record<string, Variable>;

export type Environment = { readonly [name: string]: string | undefined };

/** Reads variables by name, and collects what is wrong with them. */
export interface VariableReader<Name extends string> {
  readonly problems: string[];
  /** The value, trimmed, or the default. */
  read(name: Name): string | undefined;
  /** A whole number from `min` to `max`, or the default if it is none. */
  integer(name: Name, min: number, max: number): number;
}

/** What a host passes for a field that was left blank. `${user_config.x}` is Claude Desktop's. */
const UNSET = /^(?:null|undefined|\$\{[^}]*\})?$/;

/**
 * A reader of these variables. Its problems name a variable and never its value, which may be a
 * misplaced secret.
 */
export function createReader<Name extends string>(
  env: Environment,
  variables: Readonly<Record<Name, Variable>>,
): VariableReader<Name> {
  const problems: string[] = [];

  const read = (name: Name): string | undefined => {
    const fallback = variables[name].default;
    try {
      const value = env[name]?.trim();
      return value === undefined || UNSET.test(value) ? fallback : value;
    } catch {
      // Deno throws for a variable that --allow-env does not name. One problem stands for all of ours.
      const names = name.startsWith('SEQUENCE_') ? 'SEQUENCE_*' : name;
      const problem = `Deno may not read ${names}: start it with '--allow-env=${names}'.`;
      if (!problems.includes(problem)) problems.push(problem);
      return fallback ?? '';
    }
  };

  const integer = (name: Name, min: number, max: number): number => {
    const text = read(name) ?? '';
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    problems.push(`${name} must be a whole number from ${min} to ${max}.`);
    return Number(variables[name].default);
  };

  return { problems, read, integer };
}

/** The configuration that these variables ask for. Never throws: all problems are collected. */
export function loadConfig(
  env: Environment,
  defaultLogLevel: LogLevel = VARIABLES.SEQUENCE_LOG_LEVEL.default,
): Config {
  const level = { ...VARIABLES.SEQUENCE_LOG_LEVEL, default: defaultLogLevel };
  const reader = createReader(env, { ...VARIABLES, SEQUENCE_LOG_LEVEL: level });
  const { problems, read, integer } = reader;
  const check = (isRight: boolean, problem: string) => void (isRight || problems.push(problem));

  const credential = (name: 'SEQUENCE_CLIENT_ID' | 'SEQUENCE_CLIENT_SECRET'): string => {
    const value = read(name);
    const problem = value === undefined ? 'is not set' : credentialProblem(value);
    check(!problem, `${name} ${problem}.`);
    return value ?? '';
  };
  const clientId = credential('SEQUENCE_CLIENT_ID');
  // RFC 7617: the first colon ends the user id.
  check(!clientId.includes(':'), 'SEQUENCE_CLIENT_ID must not contain a colon.');
  const clientSecret = credential('SEQUENCE_CLIENT_SECRET');

  const environment = read('SEQUENCE_ENVIRONMENT')?.toLowerCase() ?? '';
  const environments = 'SEQUENCE_ENVIRONMENT must be production, sandbox or dev.';
  check(isEnvironment(environment), environments);
  const override = read('SEQUENCE_API_URL');
  const overrideProblem = override && (urlProblem(override) ?? proxyProblem(override, env));
  check(!overrideProblem, `SEQUENCE_API_URL ${overrideProblem}.`);
  const version = read('SEQUENCE_API_VERSION') ?? '';
  check(/^\d{4}-\d{2}-\d{2}$/.test(version), 'SEQUENCE_API_VERSION must be a date, YYYY-MM-DD.');
  const timeoutMs = integer('SEQUENCE_TIMEOUT_MS', 1_000, 600_000);
  const requestsPerMinute = integer('SEQUENCE_REQUESTS_PER_MINUTE', 1, 100_000);
  const wantedLevel = read('SEQUENCE_LOG_LEVEL')?.toLowerCase();
  const logLevel = LOG_LEVELS.find((known) => known === wantedLevel) ?? defaultLogLevel;
  check(logLevel === wantedLevel, `SEQUENCE_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);

  if (problems.length > 0 || !isEnvironment(environment)) {
    const api = { kind: 'misconfigured', problems } as const;
    return { api, timeoutMs, logLevel, redact: (text) => text };
  }
  const pair = `${clientId}:${clientSecret}`;
  const authorization = new Secret(basicAuthorization(pair), pair, clientSecret);
  return {
    api: {
      kind: 'configured',
      environment: override === undefined ? environment : 'custom',
      // As the URL standard writes it, so that no later comparison depends on case.
      url: new URL(override ?? API_URLS[environment]).href.replace(/\/+$/, ''),
      version,
      authorization,
      requestsPerMinute,
    },
    timeoutMs,
    logLevel,
    redact: (text) => authorization.redact(text),
  };
}

function isEnvironment(text: string): text is keyof typeof API_URLS {
  return Object.hasOwn(API_URLS, text);
}

/** What people paste in place of a key, or around it. Sequence would only answer 401. */
function credentialProblem(value: string): string | undefined {
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

/** What is wrong with a URL that a person gave, to follow its name, or `undefined`. */
export function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return 'must start with https:// (http:// is for this machine only)';
  }
  if (url.username || url.password) return 'must not contain a user name or password';
  // `url.search` and `url.hash` are empty for a bare `?` or `#`, which would still break the joined address.
  return /[?#]/.test(text) ? 'must not have a query or a fragment' : undefined;
}

/**
 * Why a proxy could get the key that is meant for this machine. Bun, Deno and later Nodes ask it for
 * loopback too, and Deno does so even if it hides the variable from this program.
 */
function proxyProblem(text: string, env: Environment): string | undefined {
  const { protocol, hostname } = new URL(text);
  if (!isLoopback(hostname)) return undefined;
  let isHidden = false;
  const read = (name: string): string | undefined => {
    try {
      return env[name] || env[name.toLowerCase()];
    } catch {
      isHidden = true;
      return 'hidden';
    }
  };
  // The one form that each runtime understands.
  const exempt = read('NO_PROXY')?.split(',') ?? [];
  if (exempt.some((entry) => entry.trim() === hostname.replace(/[[\]]/g, ''))) return undefined;
  const proxy = [protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY', 'ALL_PROXY'].find(read);
  if (!proxy) return undefined;
  const permission = isHidden ? " and start Deno with '--allow-env=SEQUENCE_*,NO_PROXY'" : '';
  return `is on this machine, but ${proxy} could take the key elsewhere: set NO_PROXY=localhost,127.0.0.1,::1${permission}`;
}

function basicAuthorization(pair: string): string {
  const bytes = new TextEncoder().encode(pair);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
