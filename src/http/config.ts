import {
  createReader,
  type Environment,
  loadConfig,
  type Misconfigured,
  urlProblem,
  type Variable,
} from '../config.ts';
import { isLoopback } from '../loopback.ts';

/** What `--http` reads beside `VARIABLES`. docs/HOSTING.md and `--help` are tested against it. */
export const HTTP_VARIABLES = {
  HOST: { meaning: 'address to listen on', default: '127.0.0.1' },
  PORT: { meaning: 'port to listen on; 0 takes a free one', default: '8080' },
  SEQUENCE_MCP_URL: { meaning: "the endpoint's public URL, as clients write it" },
  SEQUENCE_MCP_TOKENS: { meaning: 'who may call: name:sha256 pairs, from --new-token' },
  SEQUENCE_MCP_ISSUER: { meaning: 'the OAuth issuer whose access tokens are accepted' },
  SEQUENCE_MCP_AUDIENCE: { meaning: 'accepted audiences, instead of SEQUENCE_MCP_URL' },
  SEQUENCE_MCP_SCOPE: { meaning: 'scopes that an access token must have' },
  SEQUENCE_MCP_CALLER_CLAIM: { meaning: 'claim that names the caller in the log' },
  SEQUENCE_MCP_ORIGINS: { meaning: 'browser origins that may call' },
  SEQUENCE_MCP_CONTACT: {
    meaning: 'whom to ask for access: a mail address, an https URL or words',
  },
  SEQUENCE_MCP_CALLS_PER_MINUTE: { meaning: 'rate limit of one caller', default: '300' },
} as const satisfies Record<string, Variable>;

type Reader = ReturnType<typeof createReader<keyof typeof HTTP_VARIABLES>>;

/** A fixed token by its SHA-256, and who calls with it. */
export interface NamedToken {
  readonly name: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** Whose access tokens are accepted. */
export interface OAuthConfig {
  /** Exactly as the issuer writes itself: a slash at its end counts. */
  readonly issuer: string;
  /** Accepted `aud` values. Empty stands for the endpoint's URL. */
  readonly audience: readonly string[];
  /** All of these are needed. */
  readonly scopes: readonly string[];
  /** The claim that names the caller in the log. Without it, a hash of the subject does. */
  readonly callerClaim: string | undefined;
}

/** The endpoint as its callers see it. */
export interface EndpointConfig {
  /** The public URL, without a trailing slash. Unset on loopback, where it follows from the port. */
  readonly url: string | undefined;
  readonly tokens: readonly NamedToken[];
  readonly oauth: OAuthConfig | undefined;
  /** As browsers write them, such as `https://app.example.com`. */
  readonly origins: readonly string[];
  /** Whom people ask for access. */
  readonly contact: string | undefined;
  /** Requests at Sequence that one caller may cause in a minute. */
  readonly callsPerMinute: number;
}

/** Where a process listens, and what it serves there. A Worker does not listen. */
export interface HttpConfig extends EndpointConfig {
  readonly kind: 'configured';
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What a token may be called, since its name goes into logs. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The configuration of `--http`, or of a Worker, which is always public. Never throws: all problems are
 * collected. Only loopback, by address and by public URL, may be served without authentication.
 */
export function loadHttpConfig(env: Environment, isWorker = false): HttpConfig | Misconfigured {
  const reader = createReader(env, HTTP_VARIABLES);
  const { problems, read, integer } = reader;
  const host = readHost(reader);
  const config = {
    kind: 'configured' as const,
    host,
    port: integer('PORT', 0, 65_535),
    url: readUrl(reader, 'SEQUENCE_MCP_URL')?.replace(/\/+$/, ''),
    tokens: readTokens(reader),
    oauth: readOAuth(reader),
    origins: readOrigins(reader),
    contact: read('SEQUENCE_MCP_CONTACT'),
    callsPerMinute: integer('SEQUENCE_MCP_CALLS_PER_MINUTE', 1, 100_000),
  };
  if (config.contact && config.contact.length > 200) {
    problems.push('SEQUENCE_MCP_CONTACT must have at most 200 characters.');
  }
  const listensPublicly = isWorker || !isLoopback(urlHost(host));
  if (listensPublicly && read('SEQUENCE_MCP_URL') === undefined) {
    const when = isWorker ? '' : ' if HOST is not loopback';
    problems.push(`SEQUENCE_MCP_URL must be set to the endpoint's public URL${when}.`);
  }
  const isPublic =
    listensPublicly || !isLoopback(new URL(config.url ?? 'http://localhost').hostname);
  const names = ['SEQUENCE_MCP_TOKENS', 'SEQUENCE_MCP_ISSUER'] as const;
  if (isPublic && !names.some((name) => /[^\s,]/.test(read(name) ?? ''))) {
    const unless = isWorker ? '' : ', unless HOST and SEQUENCE_MCP_URL are both loopback';
    problems.push(`${names.join(' or ')} must say who may call${unless}.`);
  }
  return problems.length > 0 ? { kind: 'misconfigured', problems } : config;
}

/** Sequence's side and the endpoint's, and what is wrong with either. */
export function loadBoth(env: Environment, sequenceEnv = env, isWorker = false) {
  const config = loadConfig(sequenceEnv, 'info');
  const http = loadHttpConfig(env, isWorker);
  const problems = [config.api, http].flatMap((part) =>
    part.kind === 'misconfigured' ? part.problems : [],
  );
  return { config, http, problems };
}

/** A host as a URL writes it: an IPv6 address in brackets. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The URL of a process that listens there. */
export function listenUrl(host: string, port: number): string {
  return `http://${urlHost(host)}:${port}/mcp`;
}

function readHost({ read, problems }: Reader): string {
  const host = (read('HOST') ?? '').toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (!URL.canParse(`http://${urlHost(host)}/`) || !/^[\w.:-]+$/.test(host)) {
    problems.push('HOST must be a host name or an IP address, without a port.');
  }
  return host;
}

/** As the URL standard writes it, but an issuer as it is: each of its characters counts. */
function readUrl(
  { read, problems }: Reader,
  name: 'SEQUENCE_MCP_URL' | 'SEQUENCE_MCP_ISSUER',
): string | undefined {
  const text = read(name);
  const problem = text && urlProblem(text);
  if (problem) problems.push(`${name} ${problem}.`);
  if (!text || problem) return undefined;
  return name === 'SEQUENCE_MCP_URL' ? new URL(text).href : text;
}

function readOAuth(reader: Reader): OAuthConfig | undefined {
  const issuer = readUrl(reader, 'SEQUENCE_MCP_ISSUER');
  const audience = readList(reader, 'SEQUENCE_MCP_AUDIENCE', /\s+/, '', (entry) => entry);
  const scopes = readList(
    reader,
    'SEQUENCE_MCP_SCOPE',
    /\s+/,
    'is not a scope of access tokens',
    // RFC 6749, section 3.3. Clients ask for `offline_access` by themselves, and a token lacks it.
    (entry) => (/^[!#-[\]-~]+$/.test(entry) && entry !== 'offline_access' ? entry : undefined),
  );
  const callerClaim = reader.read('SEQUENCE_MCP_CALLER_CLAIM');
  return issuer === undefined ? undefined : { issuer, audience, scopes, callerClaim };
}

function readTokens(reader: Reader): NamedToken[] {
  const names = new Map<string, string>();
  const problem = 'is not a name:sha256 pair as --new-token prints it';
  const tokens = readList(reader, 'SEQUENCE_MCP_TOKENS', /[\s,]+/, problem, (entry) => {
    const [name = '', hash = '', ...rest] = entry.split(':');
    const sha256 = hash.toLowerCase();
    const isPair = TOKEN_NAME.test(name) && /^[0-9a-f]{64}$/.test(sha256) && rest.length === 0;
    // The same token for two names would make the log lie.
    if (!isPair || (names.get(sha256) ?? name) !== name) return undefined;
    names.set(sha256, name);
    return { name, sha256 };
  });
  return tokens.filter(({ sha256 }, at) => tokens.findIndex((t) => t.sha256 === sha256) === at);
}

function readOrigins(reader: Reader): string[] {
  const problem = 'is not an origin such as https://app.example.com (no wildcards)';
  return readList(reader, 'SEQUENCE_MCP_ORIGINS', /[\s,]+/, problem, (entry) => {
    const isOrigin = /^[a-z][a-z\d+.-]*:\/\/[^/?#@*\s]+\/?$/i.test(entry) && URL.canParse(entry);
    if (!isOrigin) return undefined;
    const { origin } = new URL(entry);
    // URL does not know origins such as chrome-extension://…, which browsers have.
    return origin === 'null' ? entry.toLowerCase().replace(/\/$/, '') : origin;
  });
}

/** The entries of a list. A problem names an entry by its place: what stands there may be a secret. */
function readList<Entry>(
  { read, problems }: Reader,
  name: keyof typeof HTTP_VARIABLES,
  separator: RegExp,
  problem: string,
  parse: (entry: string) => Entry | undefined,
): Entry[] {
  const texts = (read(name) ?? '').split(separator).filter(Boolean);
  return texts.flatMap((text, index) => {
    const entry = parse(text);
    if (entry !== undefined) return [entry];
    problems.push(`${name}: entry ${index + 1} ${problem}.`);
    return [];
  });
}
