import {
  createReader,
  type Environment,
  type Misconfigured,
  problemOfUrl,
  type Variable,
  type VariableReader,
} from '../config.ts';
import { isLoopback } from '../loopback.ts';

/** What `--http` reads beside `VARIABLES`. README, docs/HOSTING.md and `--help` are held against it. */
export const HTTP_VARIABLES = {
  HOST: { meaning: 'address to listen on', unset: '127.0.0.1' },
  PORT: { meaning: 'port to listen on; 0 takes a free one', unset: '8080' },
  SEQUENCE_MCP_URL: { meaning: "the endpoint's public URL, as clients write it" },
  SEQUENCE_MCP_TOKENS: { meaning: 'who may call: name:sha256 pairs, from --new-token' },
  SEQUENCE_MCP_ISSUER: { meaning: 'the OAuth issuer whose access tokens are accepted' },
  SEQUENCE_MCP_AUDIENCE: {
    meaning: "an access token's accepted audiences, instead of SEQUENCE_MCP_URL",
  },
  SEQUENCE_MCP_SCOPE: { meaning: 'scopes that an access token must have' },
  SEQUENCE_MCP_ORIGINS: { meaning: 'browser origins that may call' },
  SEQUENCE_MCP_CONTACT: {
    meaning: 'whom to ask for access: a mail address, an https URL or a few words',
  },
  SEQUENCE_MCP_CALLS_PER_MINUTE: {
    meaning: 'ceiling of one caller, in this process',
    unset: '300',
  },
} as const satisfies Record<string, Variable>;

type Reader = VariableReader<keyof typeof HTTP_VARIABLES>;

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
  /** Accepted `aud` values; empty stands for the endpoint's URL. */
  readonly audience: readonly string[];
  /** All of these are needed. */
  readonly scopes: readonly string[];
}

/** The endpoint as its callers see it, whatever serves it. */
export interface EndpointConfig {
  /** The public URL, without a trailing slash. Unset on loopback, where it follows from the port. */
  readonly url: string | undefined;
  /** Without any, everybody may call: the listener is then on loopback. */
  readonly tokens: readonly NamedToken[];
  readonly oauth: OAuthConfig | undefined;
  /** As browsers write them, such as `https://app.example.com`. */
  readonly origins: readonly string[];
  /** Whom the page names for access. */
  readonly contact: string | undefined;
  /** Of one caller. */
  readonly callsPerMinute: number;
}

/** Where a process listens. */
export interface HttpConfig extends EndpointConfig {
  readonly kind: 'configured';
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What a token may be called: it goes into logs. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** An endpoint that everybody can reach: its URL is known, and somebody may call. */
export interface PublicEndpointConfig extends EndpointConfig {
  readonly kind: 'configured';
  readonly url: string;
}

/**
 * The configuration of `--http`. Pure, and never throws: all problems are collected, to be mended in one go. Without a way
 * to authenticate, only a listener on loopback whose public URL is on loopback too may be had.
 */
export function loadHttpConfig(env: Environment): HttpConfig | Misconfigured {
  const reader = createReader(env, HTTP_VARIABLES);
  const { problems } = reader;
  const host = readHost(reader);
  const port = reader.integer('PORT', 0, 65_535);
  const endpoint = readEndpoint(reader);
  const listensOnLoopback = isLoopback(urlHost(host));
  const isLocal =
    listensOnLoopback && (endpoint.url === undefined || isLoopback(new URL(endpoint.url).hostname));
  if (!listensOnLoopback) requireUrl(reader, ' where HOST is not loopback');
  if (!isLocal)
    requireCallers(reader, endpoint, ', unless HOST and SEQUENCE_MCP_URL are both loopback');
  if (problems.length > 0) return { kind: 'misconfigured', problems };
  return { kind: 'configured', host, port, ...endpoint };
}

/** The same of an endpoint for which somebody else listens. */
export function loadPublicEndpointConfig(env: Environment): PublicEndpointConfig | Misconfigured {
  const reader = createReader(env, HTTP_VARIABLES);
  const endpoint = readEndpoint(reader);
  requireUrl(reader);
  requireCallers(reader, endpoint);
  if (reader.problems.length > 0) return { kind: 'misconfigured', problems: reader.problems };
  return { kind: 'configured', ...endpoint, url: endpoint.url ?? '' };
}

function readEndpoint(reader: Reader): EndpointConfig {
  return {
    url: readUrl(reader)?.href.replace(/\/+$/, ''),
    tokens: readTokens(reader),
    oauth: readOAuth(reader),
    origins: readOrigins(reader),
    contact: readContact(reader),
    callsPerMinute: reader.integer('SEQUENCE_MCP_CALLS_PER_MINUTE', 1, 100_000),
  };
}

function requireUrl({ read, problems }: Reader, where = ''): void {
  if (read('SEQUENCE_MCP_URL') !== undefined) return;
  problems.push(`SEQUENCE_MCP_URL must be set to the endpoint's public URL${where}.`);
}

function requireCallers({ read, problems }: Reader, { tokens }: EndpointConfig, unless = ''): void {
  const hasNobody = tokens.length === 0 && read('SEQUENCE_MCP_ISSUER') === undefined;
  const areWrong = problems.some((problem) => problem.startsWith('SEQUENCE_MCP_TOKENS'));
  if (!hasNobody || areWrong) return;
  problems.push(`SEQUENCE_MCP_TOKENS or SEQUENCE_MCP_ISSUER must say who may call${unless}.`);
}

/** A host as a URL writes it: an IPv6 address in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Where a process that listens there serves. */
export function endpointUrl(host: string, port: number): string {
  return `http://${urlHost(host)}:${port}/mcp`;
}

function readHost({ read, problems }: Reader): string {
  const host = (read('HOST') ?? '').toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (!URL.canParse(`http://${urlHost(host)}/`) || !/^[\w.:-]+$/.test(host)) {
    problems.push('HOST must be a host name or an IP address, without a port.');
  }
  return host;
}

function readUrl(reader: Reader): URL | undefined {
  const text = readUrlText(reader, 'SEQUENCE_MCP_URL');
  return text === undefined ? undefined : new URL(text);
}

function readUrlText(
  { read, problems }: Reader,
  name: 'SEQUENCE_MCP_URL' | 'SEQUENCE_MCP_ISSUER',
): string | undefined {
  const text = read(name);
  const problem = text === undefined ? undefined : problemOfUrl(text);
  if (problem === undefined) return text;
  problems.push(`${name} ${problem}.`);
  return undefined;
}

function readContact({ read, problems }: Reader): string | undefined {
  const contact = read('SEQUENCE_MCP_CONTACT');
  if (contact !== undefined && contact.length > 200) {
    problems.push('SEQUENCE_MCP_CONTACT must have at most 200 characters.');
  }
  return contact;
}

function readOAuth(reader: Reader): OAuthConfig | undefined {
  const issuer = readUrlText(reader, 'SEQUENCE_MCP_ISSUER');
  const audience = readList(reader, 'SEQUENCE_MCP_AUDIENCE', /\s+/, '', (entry) => entry);
  // RFC 6749, section 3.3. A client asks for `offline_access` by itself, and a token does not carry it.
  const problem = 'is not a scope of access tokens';
  const isScope = (entry: string) => /^[!#-[\]-~]+$/.test(entry) && entry !== 'offline_access';
  const scopes = readList(reader, 'SEQUENCE_MCP_SCOPE', /\s+/, problem, (entry) =>
    isScope(entry) ? entry : undefined,
  );
  return issuer === undefined ? undefined : { issuer, audience, scopes };
}

function readTokens(reader: Reader): NamedToken[] {
  const hashes = new Set<string>();
  return readList(
    reader,
    'SEQUENCE_MCP_TOKENS',
    /[\s,]+/,
    'is not a name:sha256 pair as --new-token prints it',
    (entry) => {
      const [name = '', hash = '', ...rest] = entry.split(':');
      const sha256 = hash.toLowerCase();
      if (
        !TOKEN_NAME.test(name) ||
        !/^[0-9a-f]{64}$/.test(sha256) ||
        rest.length > 0 ||
        hashes.has(sha256)
      )
        return undefined;
      hashes.add(sha256);
      return { name, sha256 };
    },
  );
}

function readOrigins(reader: Reader): string[] {
  const problem = 'is not an origin such as https://app.example.com';
  return readList(reader, 'SEQUENCE_MCP_ORIGINS', /\s+/, problem, (entry) => {
    if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+\/?$/i.test(entry) || !URL.canParse(entry))
      return undefined;
    const { origin } = new URL(entry);
    // Browsers also have origins such as chrome-extension://…, of which URL knows none.
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
