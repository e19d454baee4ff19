import {
  CLIENT_CAPABILITIES_META_KEY as CAPABILITIES,
  INVALID_PARAMS,
  INVALID_REQUEST,
  type JSONRPCNotification,
  type JSONRPCRequest,
  type RequestId,
  PROTOCOL_VERSION_META_KEY as VERSION,
} from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from './json.ts';

export type Message = JSONRPCRequest | JSONRPCNotification;

/** The problem with a message, its JSON-RPC code, and the message's id, if it has one. */
interface Refusal {
  readonly kind: 'invalid';
  readonly problem: string;
  readonly code: number;
  readonly id: RequestId | undefined;
}

/** Deeper JSON overflows serialisers. Protocol messages reach a tenth of this depth. */
const MAX_DEPTH = 64;

/** Replaces the client's capabilities: this server sends no requests to clients. */
const ANY_CLIENT = { capabilities: {}, clientInfo: { name: 'unknown', version: 'unknown' } };

class Problem extends Error {}

function check(isRight: boolean, problem: string): asserts isRight {
  if (!isRight) throw new Problem(problem);
}

/**
 * Reads a message from parsed JSON. Keeps only fields that this server uses and that have the right
 * type: the SDK answers others with a validator's dump, or not at all. `null` means absent.
 */
export function readMessage(value: unknown): { kind: 'message'; message: Message } | Refusal {
  try {
    return { kind: 'message', message: toMessage(value) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const code = error.message.startsWith('params') ? INVALID_PARAMS : INVALID_REQUEST;
    return refuse(value, error.message, code);
  }
}

function toMessage(value: unknown): Message {
  check(!Array.isArray(value), 'Batches are not supported: send one message at a time.');
  check(isObject(value), 'A message must be a JSON object.');
  const tooDeep = `A message must not be nested more than ${MAX_DEPTH} levels deep.`;
  check(!isDeeper(value, MAX_DEPTH), tooDeep);
  const { jsonrpc, id = null, method } = value;
  check(jsonrpc === '2.0', 'jsonrpc must be "2.0".');
  check(typeof method === 'string', 'method must be a string.');
  const given = value.params ?? {};
  check(isObject(given), 'params must be an object.');
  const params = { ...toParams(method, given), ...toMeta(given) };
  if (id === null && method.startsWith('notifications/')) return { jsonrpc, method, params };
  check(isId(id), 'id must be a string or a whole number.');
  return { jsonrpc, id, method, params };
}

/** The parameters of a method. `tools/list` has one page, so its cursor is ignored. */
function toParams(method: string, params: JsonObject): JsonObject {
  const { _meta, name, notifications, requestId } = params;
  // A modern "initialize" has its version in _meta only. The SDK answers: no such method.
  const protocolVersion = params.protocolVersion ?? (isObject(_meta) ? _meta[VERSION] : null);
  const input = params.arguments ?? {};
  switch (method) {
    case 'initialize':
      check(typeof protocolVersion === 'string', 'params.protocolVersion must be a string.');
      return { protocolVersion, ...ANY_CLIENT };
    case 'tools/call':
      check(typeof name === 'string', 'params.name must be a string.');
      check(isObject(input), 'params.arguments must be an object.');
      return { name, arguments: input };
    case 'subscriptions/listen':
      return { notifications };
    case 'notifications/cancelled':
      check(isId(requestId), 'params.requestId must be a string or a whole number.');
      return { requestId };
    default:
      return {};
  }
}

/** A message's `_meta`. Since 2026-07-28 every request names its protocol version there. */
function toMeta({ _meta = null }: JsonObject): Pick<NonNullable<Message['params']>, '_meta'> {
  if (_meta === null) return {};
  check(isObject(_meta), 'params._meta must be an object.');
  const { progressToken = null, traceparent, [VERSION]: version = null } = _meta;
  const meta: JsonObject & { progressToken?: RequestId } = {};
  if (progressToken !== null) {
    const problem = 'params._meta.progressToken must be a string or a whole number.';
    check(isId(progressToken), problem);
    meta.progressToken = progressToken;
  }
  if (version !== null) {
    check(typeof version === 'string', `params._meta.${VERSION} must be a string.`);
    check(isObject(_meta[CAPABILITIES]), `params._meta.${CAPABILITIES} must be an object.`);
    Object.assign(meta, { [VERSION]: version, [CAPABILITIES]: {} });
  }
  if (typeof traceparent === 'string') meta.traceparent = traceparent;
  return { _meta: meta };
}

function isId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}

/** Refuses parsed JSON. Echoes any number as its id. A response is never answered. */
export function refuse(value: unknown, problem: string, code: number): Refusal {
  const isAnswerable = isObject(value) && !('result' in value || 'error' in value);
  const id = isAnswerable ? value.id : undefined;
  const isRepeatable = typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id));
  return { kind: 'invalid', problem, code, id: isRepeatable ? id : undefined };
}
