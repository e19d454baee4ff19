import {
  CLIENT_CAPABILITIES_META_KEY as CAPABILITIES,
  CLIENT_INFO_META_KEY,
  INVALID_PARAMS,
  INVALID_REQUEST,
  type JSONRPCNotification,
  type JSONRPCRequest,
  LOG_LEVEL_META_KEY,
  RELATED_TASK_META_KEY,
  PROTOCOL_VERSION_META_KEY as VERSION,
} from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from './json.ts';

export type Message = JSONRPCRequest | JSONRPCNotification;

/** What a client sent: a message for the SDK, or what is wrong with it. */
export type Inbound =
  | { readonly kind: 'message'; readonly message: Message }
  | {
      readonly kind: 'invalid';
      /** Of the request to answer. Absent if there is none, or if it has no id to repeat. */
      readonly id: string | number | undefined;
      /** Error code of JSON-RPC. */
      readonly code: number;
      readonly problem: string;
    };

/** Deeper JSON breaks what serialises it again. A message of the protocol has a tenth of this. */
const MAX_DEPTH = 64;

/** What a client can do, which does not matter: this server asks nothing of a client. */
const UNUSED_META: readonly string[] = [
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  RELATED_TASK_META_KEY,
];

class InvalidMessage extends Error {
  readonly code: number;

  constructor(problem: string, code: number) {
    super(problem);
    this.code = code;
  }
}

function check(isRight: boolean, problem: string, code = INVALID_REQUEST): asserts isRight {
  if (!isRight) throw new InvalidMessage(problem, code);
}

/**
 * Reads a message from parsed JSON, keeping only fields that this server uses and whose types are right.
 * The SDK answers any other shape with a validator's dump, or not at all. `null` means absent.
 */
export function readMessage(value: unknown): Inbound {
  try {
    return { kind: 'message', message: toMessage(value) };
  } catch (error) {
    if (!(error instanceof InvalidMessage)) throw error;
    return { kind: 'invalid', id: idToAnswer(value), code: error.code, problem: error.message };
  }
}

function toMessage(value: unknown): Message {
  check(!Array.isArray(value), 'Batches are not supported: send one message at a time.');
  check(isObject(value), 'A message must be a JSON object.');
  const tooDeep = `A message must not be nested more than ${MAX_DEPTH} levels deep.`;
  check(!isDeeper(value, MAX_DEPTH), tooDeep);
  const { jsonrpc, id, method } = value;
  check(jsonrpc === '2.0', 'jsonrpc must be "2.0".');
  check(typeof method === 'string', 'method must be a string.');
  const given = toObject(value['params'] ?? {}, 'params');
  const params = { ...toParams(method, given), ...toMeta(given) };
  const message: JSONRPCNotification = { jsonrpc, method, params };
  if ((id ?? undefined) === undefined && method.startsWith('notifications/')) return message;
  check(isId(id), 'id must be a string or a whole number.');
  return { ...message, id };
}

/** The parameters that a method takes. The one list, of tools, has one page: a cursor is ignored. */
function toParams(method: string, params: JsonObject): JsonObject {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: toText(params.protocolVersion, 'params.protocolVersion'),
        capabilities: {},
        clientInfo: { name: 'unknown', version: 'unknown' },
      };
    case 'tools/call':
      return {
        name: toText(params.name, 'params.name'),
        arguments: toObject(params.arguments ?? {}, 'params.arguments'),
      };
    case 'subscriptions/listen':
      return { notifications: params.notifications };
    case 'notifications/cancelled':
      return { requestId: toId(params.requestId, 'params.requestId') };
    default:
      return {};
  }
}

/**
 * The `_meta` of a message, if it has one. Since 2026-07-28 every request names its protocol version
 * there, with the client's capabilities.
 */
function toMeta({ _meta }: JsonObject): Pick<NonNullable<JSONRPCRequest['params']>, '_meta'> {
  if ((_meta ?? undefined) === undefined) return {};
  const { progressToken = null, ...meta } = toObject(_meta, 'params._meta');
  for (const key of Object.keys(meta)) {
    if (meta[key] === null || UNUSED_META.includes(key)) delete meta[key];
  }
  if (VERSION in meta) {
    toText(meta[VERSION], `params._meta.${VERSION}`);
    toObject(meta[CAPABILITIES], `params._meta.${CAPABILITIES}`);
    meta[CAPABILITIES] = {};
  } else {
    delete meta[CAPABILITIES];
  }
  if (progressToken === null) return { _meta: meta };
  return { _meta: { ...meta, progressToken: toId(progressToken, 'params._meta.progressToken') } };
}

function toText(value: unknown, path: string): string {
  check(typeof value === 'string', `${path} must be a string.`, INVALID_PARAMS);
  return value;
}

function toObject(value: unknown, path: string): JsonObject {
  check(isObject(value), `${path} must be an object.`, INVALID_PARAMS);
  return value;
}

function toId(value: unknown, path: string): string | number {
  check(isId(value), `${path} must be a string or a whole number.`, INVALID_PARAMS);
  return value;
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}

/**
 * The id that an error for this JSON repeats: any number, since its sender waits for that one. `undefined`
 * for a response, which nothing answers.
 */
export function idToAnswer(value: unknown): string | number | undefined {
  if (!isObject(value) || 'result' in value || 'error' in value) return undefined;
  const { id } = value;
  return typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id)) ? id : undefined;
}
