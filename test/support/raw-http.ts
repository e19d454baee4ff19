// Raw HTTP: requests that no client library would send.
import { connect, type Socket } from 'node:net';
import { FIND, type RawRequest, TOKEN } from './http-cases.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The bytes of a request. The defaults are valid for `host`, on a separate connection. */
export function bytesOf(request: RawRequest, host: string): Buffer {
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
  const head = `${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n`;
  const [size, end] = chunked ? [`${body.length.toString(16)}\r\n`, '\r\n0\r\n\r\n'] : ['', ''];
  return Buffer.concat([head + size, body, end].map((part) => Buffer.from(part)));
}

/** A connection, and all its data once it ends. */
export function open(address: string): Socket & { readonly received: Promise<string> } {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  const received = new Promise<string>((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(String(Buffer.concat(chunks))));
  });
  return Object.assign(socket, { received });
}

/** Sends a request, and reads one whole response: workerd ignores `Connection: close`. */
export async function send(address: string, request: RawRequest, host = new URL(address).host): Promise<RawAnswer> {
  const socket = open(address);
  let text = '';
  const whole = new Promise<string>((resolve) =>
    socket.on('data', (chunk) => {
      text += chunk;
      if (isWhole(text, request.method)) resolve(text);
    }),
  );
  socket.write(bytesOf(request, host));
  try {
    return parse(await Promise.race([whole, socket.received]));
  } finally {
    socket.destroy();
  }
}

function isWhole(text: string, method: string | undefined): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  if (method === 'HEAD' || /^HTTP\/1\.1 (204|304)/.test(head)) return true;
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return Buffer.byteLength(text.slice(end + 4)) >= Number(length);
  return /^transfer-encoding: *chunked/im.test(head) && text.endsWith('\r\n0\r\n\r\n');
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

function unchunk(body: string): string {
  const chunks: Buffer[] = [];
  for (let rest = Buffer.from(body); ; ) {
    const start = rest.indexOf('\r\n') + 2;
    const end = start + Number.parseInt(String(rest.subarray(0, start)), 16);
    if (!(end > start)) return String(Buffer.concat(chunks));
    chunks.push(rest.subarray(start, end));
    rest = rest.subarray(end + 2);
  }
}
