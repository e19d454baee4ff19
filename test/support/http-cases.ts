// The endpoint's response to a single request, on any runtime.
import { expect } from 'vitest';
import type { RawAnswer } from './raw-http.ts';

/** A raw request. */
export interface RawRequest {
  readonly method?: string;
  /** The request target, such as `/mcp`. */
  readonly target?: string;
  readonly version?: '1.0' | '1.1';
  /** `null` omits a default header. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string | Buffer;
  /** Sends the body without a Content-Length. */
  readonly chunked?: boolean;
}

export interface HttpCase extends RawRequest {
  /** The endpoint: `OPEN` has no tokens, `GUARDED` has. */
  readonly endpoint: 'OPEN' | 'GUARDED';
  readonly status: number;
  /** Patterns of the response's headers; `null` if one must be absent. */
  readonly answers?: Readonly<Record<string, RegExp | null>>;
  readonly says?: RegExp;
}

export const TOKEN = 'smcp_of-a-test';
const SHA256 = '7176032bcafc24d4521faa754cd8e9f32cb0569e3077412ba5f46d4e53d17c90';
/** The server's entry for it. */
export const TOKENS = `tester:${SHA256}`;
export const ORIGIN = 'https://app.example.com';

/** The variables of each endpoint. Both serve the demo. */
export const ENDPOINTS = {
  OPEN: {},
  GUARDED: {
    SEQUENCE_MCP_URL: 'https://mcp.example.com/mcp',
    SEQUENCE_MCP_TOKENS: TOKENS,
    SEQUENCE_MCP_ORIGINS: ORIGIN,
  },
} as const;

const message = (method: string, params: object = {}, id: number | null = 1) =>
  JSON.stringify({ jsonrpc: '2.0', ...(id !== null && { id }), method, params });
export const INITIALIZE = message('initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});
export const LIST = message('tools/list');
const find = { name: 'find_customer_by_alias', arguments: { alias: 'crm-1042' } };
export const FIND = message('tools/call', find);
const FIND_WITH_PROGRESS = message('tools/call', { ...find, _meta: { progressToken: 7 } });

const MODERN = '2026-07-28';
const envelope = (version: string, more: object = {}) => ({
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
  ...more,
});
/** A modern request: its body, and the headers that must match it. */
function modern(
  method: string,
  params: { name?: string; notifications?: object },
  { version = MODERN, meta = {}, headers = {} } = {},
) {
  return {
    body: message(method, { ...params, _meta: envelope(version, meta) }),
    headers: {
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(params.name && { 'mcp-name': params.name }),
      ...headers,
    },
  };
}

const BOTH = 'application/json, text/event-stream';
/** `Accept` headers of clients: the SDKs, Anthropic's proxy, Gemini CLI, curl, and none. */
const ACCEPTS = {
  both: BOTH,
  'JSON only': 'application/json',
  'SSE only': 'text/event-stream',
  'no SSE': 'application/json, text/event-stream;q=0',
  any: '*/*',
  none: null,
};
const JSON_ANSWER = { 'content-type': /^application\/json/, 'mcp-session-id': null, 'x-request-id': /^[\da-f-]{36}$/ };
const STREAM = { 'content-type': /^text\/event-stream/ };
const FOUND = /"outcome":"found"/;
const PROBLEM = { 'content-type': /^application\/problem\+json$/ };
const CHALLENGE = /^Bearer realm="sequence-mcp-server"$/;
const INVALID_TOKEN = /^Bearer realm="sequence-mcp-server", error="invalid_token"$/;
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, mcp-protocol-version, traceparent, baggage',
    authorization: null,
    'content-type': null,
  },
});
const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8';
const PAGE = { 'content-type': /^text\/html/, 'content-security-policy': /^default-src 'none'; / };
/** A request without credentials or a body. */
const reading = (target: string, accept: string | null = null) => ({
  method: 'GET',
  target,
  headers: { accept, authorization: null, 'content-type': null },
});
const LONG = `"${'x'.repeat(65 * 1024)}"`;

const open = { endpoint: 'OPEN' } as const;
const guarded = { endpoint: 'GUARDED' } as const;
/** A successful tool call. */
const found = { status: 200, answers: JSON_ANSWER, says: FOUND, body: FIND };

/** Each case by its name. The defaults make a valid request: POST /mcp with the token, JSON and `FIND`. */
export const httpCases: Readonly<Record<string, HttpCase>> = {
  'health, GET': { ...guarded, method: 'GET', target: '/healthz', status: 200, says: /"ok"/ },
  'health, HEAD': { ...guarded, method: 'HEAD', target: '/healthz', status: 200, says: /^$/ },
  'health of a foreign host': { ...guarded, method: 'GET', target: '/healthz', headers: { host: 'x' }, status: 200 },
  'health without a host': {
    ...guarded,
    method: 'GET',
    target: '/healthz',
    version: '1.0',
    headers: { host: null },
    status: 200,
  },
  'readiness without a host': {
    ...guarded,
    method: 'GET',
    target: '/readyz',
    version: '1.0',
    headers: { host: null },
    status: 200,
  },
  'the page, GET': { ...guarded, ...reading('/'), status: 200, answers: PAGE, says: /<h1>/ },
  'the page, HEAD': { ...guarded, ...reading('/'), method: 'HEAD', status: 200, answers: PAGE, says: /^$/ },
  'the page, at the endpoint': { ...guarded, ...reading('/mcp', BROWSER), status: 200, answers: PAGE, says: /<h1>/ },
  'the page of a foreign host': { ...guarded, ...reading('/'), headers: { host: 'evil.example' }, status: 403 },
  'no page elsewhere': { ...guarded, ...reading('/favicon.ico', BROWSER), status: 404 },
  'no page for POST': { ...guarded, target: '/', headers: { accept: BROWSER }, status: 404 },
  'no page for a client that opens a stream': { ...guarded, ...reading('/mcp', 'text/event-stream'), status: 401 },

  'health, POST': { ...guarded, target: '/healthz', status: 405, answers: { allow: /^GET, HEAD$/ } },

  'the public host': { ...guarded, ...found },
  'the public host, another port': { ...guarded, headers: { host: 'mcp.example.com:8443' }, ...found },
  'the public host in capitals': { ...guarded, headers: { host: 'MCP.example.com' }, ...found },
  'a foreign host': { ...guarded, headers: { host: 'evil.example' }, status: 403, says: /host/ },
  'a host that begins like ours': { ...guarded, headers: { host: 'mcp.example.com.evil.example' }, status: 403 },
  'a host with a port and more': { ...guarded, headers: { host: 'mcp.example.com:80.evil.example' }, status: 403 },
  'loopback instead of the public host': { ...guarded, headers: { host: '127.0.0.1' }, status: 403 },
  'no host': { ...guarded, version: '1.0', headers: { host: null }, status: 403, says: /host/ },
  'a foreign host in the target': { ...guarded, target: 'http://evil.example/mcp', status: 403, says: /host/ },
  'our host in the target': { ...guarded, target: 'http://mcp.example.com/mcp', headers: { host: 'x' }, ...found },
  'localhost on loopback': { ...open, headers: { host: 'localhost:1' }, ...found },
  'IPv6 on loopback': { ...open, headers: { host: '[::1]:1' }, ...found },
  'a rebound name on loopback': { ...open, headers: { host: 'evil.example:8080' }, status: 403 },
  'a name that begins like loopback': { ...open, headers: { host: '127.0.0.1:8080.evil.example' }, status: 403 },

  'a listed origin': {
    ...guarded,
    headers: { origin: ORIGIN },
    ...found,
    answers: { 'access-control-allow-origin': /^https:\/\/app\.example\.com$/, vary: /Origin/ },
  },
  'a foreign origin': {
    ...guarded,
    headers: { origin: 'https://evil.example' },
    status: 403,
    answers: { 'access-control-allow-origin': null },
    says: /origin/,
  },
  'no origin of a browser': { ...guarded, headers: { origin: 'null' }, status: 403 },
  'a host before an origin': { ...guarded, headers: { host: 'x', origin: 'https://x' }, status: 403, says: /host/ },
  'loopback as an origin': { ...open, headers: { origin: 'http://localhost:6274' }, ...found },
  'loopback as an origin of a public endpoint': { ...guarded, headers: { origin: 'http://localhost' }, status: 403 },
  'an origin that begins like loopback': { ...open, headers: { origin: 'http://localhost.evil.example' }, status: 403 },
  'a preflight': {
    ...guarded,
    ...preflight(ORIGIN),
    status: 204,
    answers: {
      'access-control-allow-origin': /^https:\/\/app\.example\.com$/,
      'access-control-allow-headers': /authorization.*mcp-protocol-version.*traceparent.*baggage/,
    },
  },
  'a preflight of a foreign origin': { ...guarded, ...preflight('https://evil.example'), status: 403 },
  'a refusal, read by a listed origin': {
    ...guarded,
    headers: { origin: ORIGIN, authorization: null },
    status: 401,
    answers: { 'access-control-allow-origin': /./, 'access-control-expose-headers': /www-authenticate/ },
  },

  ...Object.fromEntries(
    ['Forwarded', 'X-Forwarded-For', 'x-forwarded-host', 'Via'].map((name) => [
      `${name}, without tokens`,
      { ...open, headers: { [name]: 'x' }, status: 403, says: /proxy/ },
    ]),
  ),
  'a request through a proxy': { ...guarded, headers: { 'x-forwarded-for': '192.0.2.1', via: '1.1 x' }, ...found },

  'no token': { ...guarded, headers: { authorization: null }, status: 401, answers: { 'www-authenticate': CHALLENGE } },
  'no token, GET': {
    ...guarded,
    method: 'GET',
    headers: { authorization: null },
    status: 401,
    answers: { 'www-authenticate': CHALLENGE },
  },
  'a token in the URL': {
    ...guarded,
    target: `/mcp?access_token=${TOKEN}`,
    headers: { authorization: null },
    status: 401,
    answers: { 'www-authenticate': CHALLENGE },
  },
  'another scheme': {
    ...guarded,
    headers: { authorization: 'Basic eDp5' },
    status: 401,
    answers: { 'www-authenticate': CHALLENGE },
  },
  'a wrong token': {
    ...guarded,
    headers: { authorization: 'Bearer smcp_wrong' },
    status: 401,
    answers: { 'www-authenticate': INVALID_TOKEN },
    says: /token/,
  },
  'the hash instead of the token': {
    ...guarded,
    headers: { authorization: `Bearer ${SHA256}` },
    status: 401,
    answers: { 'www-authenticate': INVALID_TOKEN },
  },
  'a token before the method': { ...guarded, method: 'PUT', headers: { authorization: 'Bearer x' }, status: 401 },
  'a scheme in small letters': { ...guarded, headers: { authorization: `bearer ${TOKEN}` }, ...found },
  'a token that is not needed': { ...open, headers: { authorization: 'Bearer anything' }, ...found },

  ...Object.fromEntries(
    ['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'].map((method) => [
      method,
      { ...guarded, method, headers: { 'content-type': null }, status: 405, answers: { allow: /^POST$/ } },
    ]),
  ),
  'a method before the content type': { ...guarded, method: 'PUT', headers: { 'content-type': 'x' }, status: 405 },

  'text instead of JSON': { ...guarded, headers: { 'content-type': 'text/plain' }, status: 415, says: /"id":1\b/ },
  'no content type': { ...guarded, headers: { 'content-type': null }, status: 415 },
  'a compressed body': { ...guarded, headers: { 'content-encoding': 'gzip' }, status: 415 },
  'JSON with a charset': { ...guarded, headers: { 'content-type': 'application/json; charset=utf-8' }, ...found },
  'a long body': { ...guarded, body: LONG, status: 413, answers: PROBLEM },
  'a long body of no length': { ...guarded, body: LONG, chunked: true, status: 413 },
  'a short body of no length': { ...guarded, chunked: true, ...found },
  'no JSON': { ...guarded, body: '{"jsonrpc":', status: 400, answers: PROBLEM, says: /JSON/ },
  'no body': { ...guarded, body: '', status: 400, answers: PROBLEM },
  'text that is not UTF-8': {
    ...guarded,
    body: Buffer.from(FIND.replace('crm-1042', 'caf\u00e9'), 'latin1'),
    status: 400,
    says: /"id":1\b.*UTF-8/,
  },
  'a number': { ...guarded, body: '1', status: 400 },
  null: { ...guarded, body: 'null', status: 400 },
  'JSON of 30,000 levels': { ...guarded, body: `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, status: 400 },
  'a call of 30,000 levels': {
    ...guarded,
    body: FIND.replace('"crm-1042"', `${'['.repeat(30_000)}${']'.repeat(30_000)}`),
    status: 400,
  },
  'JSON of 60,000 levels, unfinished': { ...guarded, body: '['.repeat(60_000), status: 400 },
  'an empty batch': { ...guarded, body: '[]', status: 400, says: /[Bb]atch/ },
  'a batch': { ...guarded, body: `[${LIST}]`, status: 400, says: /[Bb]atch/ },
  'the batch that cancels itself': {
    ...guarded,
    body: `[${FIND},${message('notifications/cancelled', { requestId: 1 }, null)}]`,
    status: 400,
    says: /[Bb]atch/,
  },
  'no message of the protocol': { ...guarded, body: '{"hello":"world"}', status: 400 },
  'null for params': { ...guarded, body: LIST.replace('{}', 'null'), status: 200, says: /"inputSchema"/ },
  'null for params of a notification': {
    ...guarded,
    body: message('notifications/initialized', {}, null).replace('{}', 'null'),
    status: 202,
  },
  'null for a cursor, _meta and a progress token': {
    ...guarded,
    body: message('tools/list', { cursor: null, _meta: { progressToken: null } }),
    status: 200,
    says: /"inputSchema"/,
  },
  'null for arguments': {
    ...guarded,
    body: message('tools/call', { name: 'list_customer_aliases', arguments: null, _meta: null }),
    status: 200,
    says: /"count":25/,
  },
  'a list for params, in words of ours and with the id': {
    ...guarded,
    body: LIST.replace('{}', '[]').replace('"id":1', '"id":"a"'),
    status: 400,
    answers: JSON_ANSWER,
    says: /"id":"a".*params/,
  },

  ...Object.fromEntries(
    Object.entries(ACCEPTS).flatMap(([name, accept]) => {
      const call = modern('tools/call', find);
      const asked = modern('tools/call', find, { meta: { progressToken: 7 } });
      const takesStream = accept?.endsWith('event-stream');
      const streamed = takesStream ? { answers: STREAM } : { answers: JSON_ANSWER };
      return [
        [`legacy, Accept: ${name}`, { ...guarded, headers: { accept }, ...found }],
        [`modern, Accept: ${name}`, { ...guarded, ...found, ...call, headers: { ...call.headers, accept } }],
        [
          `legacy with progress, Accept: ${name}`,
          { ...guarded, ...found, ...streamed, headers: { accept }, body: FIND_WITH_PROGRESS },
        ],
        [
          `modern with progress, Accept: ${name}`,
          { ...guarded, ...found, ...asked, ...streamed, headers: { ...asked.headers, accept } },
        ],
      ];
    }),
  ),
  'progress in the stream': {
    ...guarded,
    headers: { accept: BOTH },
    body: FIND_WITH_PROGRESS,
    status: 200,
    says: /"progress":1.*"found"/s,
  },
  initialize: {
    ...guarded,
    body: INITIALIZE,
    status: 200,
    answers: JSON_ANSWER,
    says: /"protocolVersion":"2025-06-18"/,
  },
  'tools/list without initialize': { ...guarded, body: LIST, status: 200, answers: JSON_ANSWER, says: /"inputSchema"/ },
  'a session of some other server': { ...guarded, headers: { 'mcp-session-id': 'stale' }, ...found },
  'an initialized notification': {
    ...guarded,
    body: message('notifications/initialized', {}, null),
    status: 202,
    says: /^$/,
  },
  'a response without a request': { ...guarded, body: '{"jsonrpc":"2.0","id":1,"result":{}}', status: 400 },
  'a legacy method that is not known': { ...guarded, body: message('nope'), status: 200, says: /-32601/ },
  'a legacy version that is not known': {
    ...guarded,
    headers: { 'mcp-protocol-version': '1999-01-01' },
    status: 400,
    answers: JSON_ANSWER,
    says: /2025-11-25.*2026-07-28/,
  },
  'an empty version': { ...guarded, headers: { 'mcp-protocol-version': '' }, ...found },
  'a registration': { ...guarded, target: '/register', status: 400, says: /no sign-in.*token/ },
  'a modern method that is not known': { ...guarded, ...modern('nope', {}), status: 404, says: /-32601/ },
  'a modern version that is not known': {
    ...guarded,
    ...modern('tools/list', {}, { version: '2099-01-01' }),
    status: 400,
    says: /-32022.*2026-07-28/,
  },
  'a method in the header that is not the body’s': {
    ...guarded,
    ...modern('tools/list', {}, { headers: { 'mcp-method': 'tools/call' } }),
    status: 400,
    says: /-32020/,
  },
  'server/discover': { ...guarded, ...modern('server/discover', {}), status: 200, says: /2026-07-28/ },
  'a subscription to a list that never changes': {
    ...guarded,
    ...modern('subscriptions/listen', { notifications: { toolsListChanged: true } }),
    status: 200,
    answers: STREAM,
    says: /acknowledged.*"resultType":"complete"/s,
  },

  'a slash behind the path': { ...guarded, target: '/mcp/', ...found },
  'a query behind the path': { ...guarded, target: '/mcp?a=b', ...found },
  ...Object.fromEntries(
    ['/mcpx', '//mcp', '/mcp/x', '/.well-known/oauth-protected-resource', '/MCP'].map((target) => [
      `the path ${target}`,
      { ...guarded, target, status: 404, answers: { location: null } },
    ]),
  ),
};

/** Compares a response with its case. */
export function expectAnswer(answer: RawAnswer, { status, answers = {}, says, method }: HttpCase): void {
  expect(answer).toMatchObject({ status });
  for (const [name, pattern] of Object.entries(answers)) {
    if (pattern) expect(answer.headers[name], name).toMatch(pattern);
    else expect(answer.headers, name).not.toHaveProperty(name);
  }
  if (says) expect(answer.body).toMatch(says);
  // Every refusal gives its reason in JSON.
  if (status >= 400 && method !== 'HEAD') {
    const { error, detail, error_description: description } = JSON.parse(answer.body);
    expect(error?.message ?? detail ?? description).toMatch(/\w/);
  }
}
