import {
  createReader,
  type Environment,
  isLoopback,
  loadConfig,
  type Misconfigured,
  urlProblem,
  type Variable,
} from '../config.ts';

/** What `--http` reads beside `VARIABLES`. Tests compare docs/HOSTING.md and `--help` with it. */
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
  SEQUENCE_MCP_CONTACT: { meaning: 'whom to ask for access: a mail address, https URL or words' },
  SEQUENCE_MCP_CALLS_PER_MINUTE: { meaning: 'rate limit of one caller', default: '300' },
} as const satisfies Record<string, Variable>;

/** A fixed token: its SHA-256 in 64 lower-case hex digits, and the caller's name. */
export type NamedToken = { readonly name: string; readonly sha256: string };

export interface OAuthConfig {
  /** Compared exactly with `iss`: a trailing slash counts. */
  readonly issuer: string;
  /** Accepted `aud` values. Empty means the endpoint's URL. */
  readonly audience: readonly string[];
  readonly scopes: readonly string[];
  /** The claim that names the caller in the log. By default a hash of the subject does. */
  readonly callerClaim: string | undefined;
}

export interface HttpConfig {
  readonly kind: 'configured';
  /** The host to listen on; IPv6 without brackets. A Worker does not listen. */
  readonly host: string;
  readonly port: number;
  /** The public URL, without a trailing slash. `undefined` on loopback: the port decides. */
  readonly url: string | undefined;
  readonly tokens: readonly NamedToken[];
  readonly oauth: OAuthConfig | undefined;
  /** Allowed origins as browsers send them, such as `https://app.example.com`. */
  readonly origins: readonly string[];
  readonly contact: string | undefined;
  /** Requests to Sequence that one caller may cause in a minute. */
  readonly callsPerMinute: number;
}

/** Token names are limited to these characters, since logs show them. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** RFC 6749, section 3.3. Clients add `offline_access` themselves, and tokens lack it. */
const SCOPE = /^(?!offline_access$)[!#-[\]-~]+$/;
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#@*\s]+\/?$/i;
const SPACES = /\s+/;
const SPACES_OR_COMMAS = /[\s,]+/;

/**
 * Reads the configuration of `--http`, or of a Worker, which is always public. Never throws, but
 * returns all problems together. Only loopback, in address and public URL, needs no authentication.
 */
export function loadHttpConfig(env: Environment, isWorker = false): HttpConfig | Misconfigured {
  const { problems, check, read, integer } = createReader(env, HTTP_VARIABLES);
  const readUrl = (name: 'SEQUENCE_MCP_URL' | 'SEQUENCE_MCP_ISSUER'): string | undefined => {
    const text = read(name);
    const problem = text && urlProblem(text);
    return check(!problem, `${name} ${problem}.`) ? text : undefined;
  };
  const readList = (
    name: keyof typeof HTTP_VARIABLES,
    separator: RegExp,
    isRight: (entry: string) => boolean,
    problem: string,
  ): string[] => {
    const entries = read(name)?.split(separator).filter(Boolean) ?? [];
    // An entry is named by its number: its text may be a secret.
    return entries.filter((entry, index) =>
      check(isRight(entry), `${name}: entry ${index + 1} ${problem}.`),
    );
  };

  const host = (read('HOST') ?? '').toLowerCase().replace(/^\[(.*)\]$/, '$1');
  const isHost = URL.canParse(`http://${urlHost(host)}/`) && /^[\w.:-]+$/.test(host);
  check(isHost, 'HOST must be a host name or an IP address, without a port.');
  const port = integer('PORT', 0, 65_535);
  const publicUrl = readUrl('SEQUENCE_MCP_URL');
  const url = publicUrl && new URL(publicUrl).href.replace(/\/+$/, '');

  // By hash, so that a repeated entry counts once.
  const names = new Map<string, string>();
  const addToken = (entry: string): boolean => {
    const [, name = '', hash = ''] = /^(.+):([\da-f]{64})$/i.exec(entry) ?? [];
    const sha256 = hash.toLowerCase();
    // With one token for two names the log would name the wrong caller.
    if (!TOKEN_NAME.test(name) || (names.get(sha256) ?? name) !== name) return false;
    names.set(sha256, name);
    return true;
  };
  const noPair = 'is not a name:sha256 pair as --new-token prints it';
  readList('SEQUENCE_MCP_TOKENS', SPACES_OR_COMMAS, addToken, noPair);
  const tokens = Array.from(names, ([sha256, name]) => ({ name, sha256 }));

  // Not normalised: `iss` is compared character by character.
  const issuer = readUrl('SEQUENCE_MCP_ISSUER');
  const audience = readList('SEQUENCE_MCP_AUDIENCE', SPACES, () => true, '');
  const noScope = 'is not a scope of access tokens';
  const scopes = readList('SEQUENCE_MCP_SCOPE', SPACES, (entry) => SCOPE.test(entry), noScope);
  const callerClaim = read('SEQUENCE_MCP_CALLER_CLAIM');
  const oauth = issuer === undefined ? undefined : { issuer, audience, scopes, callerClaim };

  const isOrigin = (entry: string) => ORIGIN.test(entry) && URL.canParse(entry);
  const noOrigin = 'is not an origin such as https://app.example.com (no wildcards)';
  const originEntries = readList('SEQUENCE_MCP_ORIGINS', SPACES_OR_COMMAS, isOrigin, noOrigin);
  const origins = originEntries.map(asBrowsersWriteIt);
  const contact = read('SEQUENCE_MCP_CONTACT');
  check((contact ?? '').length <= 200, 'SEQUENCE_MCP_CONTACT must have at most 200 characters.');
  const callsPerMinute = integer('SEQUENCE_MCP_CALLS_PER_MINUTE', 1, 100_000);

  const listensPublicly = isWorker || !isLoopback(urlHost(host));
  const isUrlMissing = listensPublicly && read('SEQUENCE_MCP_URL') === undefined;
  const when = isWorker ? '' : ' if HOST is not loopback';
  check(!isUrlMissing, `SEQUENCE_MCP_URL must be set to the endpoint's public URL${when}.`);
  const isPublic = listensPublicly || (url !== undefined && !isLoopback(new URL(url).hostname));
  const ways = ['SEQUENCE_MCP_TOKENS', 'SEQUENCE_MCP_ISSUER'] as const;
  // An invalid setting already has its own problem.
  const isOpen = !ways.some((name) => /[^\s,]/.test(read(name) ?? ''));
  const unless = isWorker ? '' : ', unless HOST and SEQUENCE_MCP_URL are both loopback';
  check(!isPublic || !isOpen, `${ways.join(' or ')} must say who may call${unless}.`);

  if (problems.length > 0) return { kind: 'misconfigured', problems };
  return { kind: 'configured', host, port, url, tokens, oauth, origins, contact, callsPerMinute };
}

/** `URL` gives no origin for schemes such as chrome-extension://, which browsers send. */
function asBrowsersWriteIt(text: string): string {
  const { origin } = new URL(text);
  return origin === 'null' ? text.toLowerCase().replace(/\/$/, '') : origin;
}

/** Both configurations, Sequence's and the endpoint's, and all their problems. */
export function loadBoth(env: Environment, demo: boolean, isWorker = false) {
  const config = loadConfig(env, demo, 'info');
  const http = loadHttpConfig(env, isWorker);
  const problems = [config.api, http].flatMap((part) => ('problems' in part ? part.problems : []));
  return { config, http, problems };
}

/** A host as a URL writes it: an IPv6 address in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The URL of a process that listens on this host and port. */
export function listenUrl(host: string, port: number): string {
  return `http://${urlHost(host)}:${port}/mcp`;
}
