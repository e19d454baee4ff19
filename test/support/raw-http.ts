// HTTP by hand: what clients do that no client library would.
import { connect, type Socket } from 'node:net';
import { FIND, type RawRequest, TOKEN } from './http-cases.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The bytes of a request; what it does not say is a good one for `host`, on a connection of its own. */
export function bytesOf(request: RawRequest, host: string): string {
  const { method = 'POST', target = '/mcp', version = '1.1', chunked = false } = request;
  const body = request.body ?? (method === 'POST' ? FIND : '');
  const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) };
  const headers: Record<string, string | null> = {
    host,
    connection: 'close',
    'content-type': 'application/json',
    authorization: `Bearer ${TOKEN}`,
    ...(body === '' && method !== 'POST' ? {} : length),
    ...request.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}\r\n`]));
  const sent = chunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
  return `${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n${sent}`;
}

/** A connection, and all that came over it by its end. */
export function open(address: string): Socket & { readonly received: Promise<string> } {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  const received = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  return Object.assign(socket, { received });
}

/** Sends a request, and reads until the server closes the connection. */
export async function send(address: string, request: RawRequest, host = new URL(address).host): Promise<RawAnswer> {
  const socket = open(address);
  socket.write(bytesOf(request, host));
  return parse(await socket.received);
}

export function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = rest.join('\r\n\r\n');
  const isChunked = headers['transfer-encoding'] === 'chunked';
  return { status: Number(statusLine.split(' ')[1]), headers, body: isChunked ? unchunk(body) : body };
}

function unchunk(text: string): string {
  const [size = '', ...rest] = text.split('\r\n');
  const length = Number.parseInt(size, 16);
  if (!(length > 0)) return '';
  const after = rest.join('\r\n');
  return after.slice(0, length) + unchunk(after.slice(length + 2));
}
