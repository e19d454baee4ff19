import { LOG_LEVELS, type LogLevel } from './log.ts';
import { isLoopback } from './loopback.ts';
import { Secret } from './secret.ts';

/** Hosts from the server list of the endpoint's OpenAPI document. */
const API_URLS = {
  production: 'https://eu.sequencehq.com/api',
  sandbox: 'https://sandbox.sequencehq.com/api',
  dev: 'https://dev.seqhq.io/api',
} as const;

/** What the server must know of Sequence to talk to it. */
export interface ApiConfig {
  readonly kind: 'configured';
  /** Where the key belongs: an environment's name, or `custom` for an address of one's own. */
  readonly environment: keyof typeof API_URLS | 'custom';
  /** Without a trailing slash. */
  readonly url: string;
  /** The value of the `Sequence-Version` header, `YYYY-MM-DD`. */
  readonly version: string;
  /** The whole value of the `Authorization` header; neither half of the key is kept beside it. */
  readonly authorization: Secret;
  /** Requests in any 60 seconds. */
  readonly requestsPerMinute: number;
}

/** Every reason why Sequence cannot be asked, a sentence each. */
export interface Misconfigured {
  readonly kind: 'misconfigured';
  readonly problems: readonly string[];
}

export interface Config {
  readonly api: ApiConfig | Misconfigured;
  /** Deadline of one tool call in milliseconds. */
  readonly timeoutMs: number;
  readonly logLevel: LogLevel;
}

/** What an environment variable is for, and what it is when unset. */
export interface Variable {
  readonly meaning: string;
  readonly unset?: string;
}

/** The variables that each way of serving reads. README, manifest and `--help` are held against it. */
export const VARIABLES = {
  SEQUENCE_CLIENT_ID: { meaning: 'API key pair: its id' },
  SEQUENCE_CLIENT_SECRET: { meaning: 'API key pair: its secret' },
  SEQUENCE_ENVIRONMENT: { meaning: 'production, sandbox or dev', unset: 'production' },
  SEQUENCE_API_URL: { meaning: "instead of the environment's own address" },
  SEQUENCE_API_VERSION: { meaning: 'Sequence API version', unset: '2024-07-30' },
  SEQUENCE_TIMEOUT_MS: { meaning: 'deadline of one tool call, retries included', unset: '45000' },
  SEQUENCE_REQUESTS_PER_MINUTE: { meaning: "this process's own ceiling", unset: '1500' },
  SEQUENCE_LOG_LEVEL: { meaning: 'error, warn, info or debug, to stderr', unset: 'warn' },
} as const satisfies Record<string, Variable>;

export type Environment = { readonly [name: string]: string | undefined };

/** Reads variables by name, and collects what is wrong with them. */
export interface VariableReader<Name extends string> {
  readonly problems: string[];
  /** The value without white space around it, or what it is when unset. */
  read(name: Name): string | undefined;
  /** A whole number from `min` to `max`; what it is when unset, where it is none. */
  integer(name: Name, min: number, max: number): number;
}

/** What a host passes for a field that was left blank: `${user_config.x}` is Claude Desktop's. */
const UNSET = /^(?:null|undefined|\$\{[^}]*\})?$/;

/** A reader of these variables. Its problems name a variable and never its value, which may be a misplaced secret. */
export function createReader<Name extends string>(
  env: Environment,
  variables: Readonly<Record<Name, Variable>>,
): VariableReader<Name> {
  const problems: string[] = [];

  const read = (name: Name): string | undefined => {
    const { unset } = variables[name];
    try {
      const value = env[name]?.trim();
      return value === undefined || UNSET.test(value) ? unset : value;
    } catch {
      // Deno throws for a variable that --allow-env does not name.
      problems.push(`${name} may not be read: add it to Deno's --allow-env.`);
      return unset ?? '';
    }
  };

  const integer = (name: Name, min: number, max: number): number => {
    const text = read(name) ?? '';
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    problems.push(`${name} must be a whole number from ${min} to ${max}.`);
    return Number(variables[name].unset);
  };

  return { problems, read, integer };
}

/** The configuration that these variables ask for. Never throws: all problems are collected, to be mended in one go. */
export function loadConfig(env: Environment, unsetLogLevel: LogLevel = VARIABLES.SEQUENCE_LOG_LEVEL.unset): Config {
  const level = { ...VARIABLES.SEQUENCE_LOG_LEVEL, unset: unsetLogLevel };
  const { problems, read, integer } = createReader(env, { ...VARIABLES, SEQUENCE_LOG_LEVEL: level });

  const credential = (name: 'SEQUENCE_CLIENT_ID' | 'SEQUENCE_CLIENT_SECRET'): string => {
    const value = read(name);
    if (value === undefined) problems.push(`${name} is not set.`);
    else if (/\p{Cc}/u.test(value)) problems.push(`${name} contains a control character.`);
    // RFC 7617: the first colon ends the user id.
    else if (name === 'SEQUENCE_CLIENT_ID' && value.includes(':')) problems.push(`${name} must not contain a colon.`);
    return value ?? '';
  };

  const clientId = credential('SEQUENCE_CLIENT_ID');
  const clientSecret = credential('SEQUENCE_CLIENT_SECRET');

  const environment = read('SEQUENCE_ENVIRONMENT')?.toLowerCase() ?? '';
  if (!isEnvironment(environment)) problems.push('SEQUENCE_ENVIRONMENT must be production, sandbox or dev.');

  const override = read('SEQUENCE_API_URL');
  const urlProblem = override ? problemOfUrl(override) : undefined;
  if (urlProblem) problems.push(`SEQUENCE_API_URL ${urlProblem}.`);

  const version = read('SEQUENCE_API_VERSION') ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(version)) problems.push('SEQUENCE_API_VERSION must be a date, YYYY-MM-DD.');

  const timeoutMs = integer('SEQUENCE_TIMEOUT_MS', 1_000, 600_000);
  const requestsPerMinute = integer('SEQUENCE_REQUESTS_PER_MINUTE', 1, 100_000);

  const wantedLevel = read('SEQUENCE_LOG_LEVEL')?.toLowerCase();
  let logLevel = LOG_LEVELS.find((level) => level === wantedLevel);
  if (!logLevel) {
    problems.push(`SEQUENCE_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);
    logLevel = VARIABLES.SEQUENCE_LOG_LEVEL.unset;
  }

  if (problems.length > 0 || !isEnvironment(environment)) {
    return { api: { kind: 'misconfigured', problems }, timeoutMs, logLevel };
  }
  const pair = `${clientId}:${clientSecret}`;
  return {
    api: {
      kind: 'configured',
      environment: override === undefined ? environment : 'custom',
      // As the URL standard writes it: `HTTPS://` is the same scheme, and nothing later compares cases.
      url: new URL(override ?? API_URLS[environment]).href.replace(/\/+$/, ''),
      version,
      authorization: new Secret(basicAuthorization(pair), pair, clientSecret),
      requestsPerMinute,
    },
    timeoutMs,
    logLevel,
  };
}

/** What takes the key out of a text that leaves the program. */
export function redactorOf(api: Config['api']): (text: string) => string {
  return api.kind === 'configured' ? (text) => api.authorization.redact(text) : (text) => text;
}

function isEnvironment(text: string): text is keyof typeof API_URLS {
  return Object.hasOwn(API_URLS, text);
}

/** What is wrong with a URL that a person gave, to go on after its name; nothing where it is fine. */
export function problemOfUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return 'must start with https:// (http:// is for this machine only)';
  }
  if (url.username || url.password) return 'must not contain a user name or password';
  // `url.search` and `url.hash` are empty for a bare `?` or `#`, which would still break the joined address.
  return /[?#]/.test(text) ? 'must not have a query or a fragment' : undefined;
}

function basicAuthorization(pair: string): string {
  const bytes = new TextEncoder().encode(pair);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
