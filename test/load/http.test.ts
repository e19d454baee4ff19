// Slow, many or greedy clients of an endpoint.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ENDPOINTS, LIST } from '../support/http-cases.ts';
import { type HttpServer, startHttp } from '../support/http-server.ts';
import { openFiles, residentKb } from '../support/proc.ts';
import { built, bunProgram, keyed } from '../support/programs.ts';
import { bytesOf, open, parse, send } from '../support/raw-http.ts';
import { startUpstream } from '../support/upstream.ts';

const guarded = { flags: ['--demo'], env: ENDPOINTS.GUARDED };
const HOST = 'mcp.example.com';
const isServed = async ({ url }: HttpServer) => expect((await send(url, {}, HOST)).status).toBe(200);
const EMPTY = JSON.stringify({ items: [], pagination: {} });

describe.each(built)('clients on $name:', (program) => {
  it('endless headers and bodies time out', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, guarded);
    const slow = open(server.url);
    slow.write('POST /mcp HTTP/1.1\r\nHost: mcp.example.com\r\n');
    const drip = setInterval(() => slow.writable && slow.write('x: y\r\n'), 500);
    const body = open(server.url);
    body.write(bytesOf({ headers: { 'content-length': '1000' } }, HOST));
    await isServed(server);
    const answers = [parse(await slow.received), parse(await body.received)];
    clearInterval(drip);
    expect(answers[0]?.status).not.toBe(200);
    expect(answers[1]?.status).toBe(408);
    await isServed(server);
  });

  it('a connection past 1,000 is closed, and so is a silent one', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, guarded);
    const silent = open(server.url);
    const kept = Array.from({ length: 999 }, () => open(server.url));
    const request = bytesOf({ method: 'GET', target: '/healthz', headers: { connection: 'keep-alive' } }, HOST);
    await Promise.all(kept.map((socket) => new Promise((resolve) => socket.once('data', resolve).write(request))));
    // Bun detects a silent connection late, or never.
    const late = [open(server.url), open(server.url)];
    for (const socket of late) socket.write(request);
    expect(parse(await Promise.race(late.map(({ received }) => received))).status).toBeNaN();
    for (const socket of [...kept, ...late]) socket.destroy();
    expect(parse(await silent.received).status).not.toBe(200);
    await expect.poll(async () => (await send(server.url, {}, HOST)).status).toBe(200);
  });

  it('a connection with unread responses is closed after a timeout', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, {
      ...guarded,
      env: { ...ENDPOINTS.GUARDED, SEQUENCE_TIMEOUT_MS: '1000' },
    });
    const request = bytesOf({ method: 'GET', target: '/', headers: { connection: 'keep-alive' } }, HOST);
    const greedy = open(server.url);
    greedy.pause();
    const closed = new Promise((resolve) => greedy.on('error', resolve).on('close', resolve));
    // More than the buffers of both sides hold.
    for (let n = 0; n < 1_500; n++) greedy.write(request);
    await isServed(server);
    const probe = setInterval(() => greedy.write(request), 500);
    await closed;
    clearInterval(probe);
    await isServed(server);
    expect(server.log().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('a drain waits for a slow reader, but not for one that reads no byte', {
    concurrent: true,
  }, async ({ expect }) => {
    // Results of 5 MB, more than the buffers of both sides hold. On Bun they fit, since it reports a sent response too early.
    const text = (program.name === 'bun' ? 'x' : '😀').repeat(1_000);
    const row = {
      sequenceAccountId: text,
      createdAt: text,
      archivedAt: text,
      deletedAt: text,
      value: text,
      label: text,
    };
    const items = Array.from({ length: 100 }, (_, n) => ({ ...row, id: `${n}`, customerId: 'c' }));
    await using upstream = await startUpstream((_, response) =>
      response.end(JSON.stringify({ items, pagination: {} })),
    );
    const env = keyed(upstream.url, { SEQUENCE_TIMEOUT_MS: '1000' });
    await using server = await startHttp(program, { env });
    const list = { name: 'list_customer_aliases', arguments: { limit: 100, detail: 'full' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: list });
    const request = bytesOf({ body, headers: { connection: 'keep-alive' } }, '127.0.0.1');
    const [slow, deaf] = [open(server.url), open(server.url)];
    for (const socket of [slow, deaf]) {
      socket.write(request);
      await once(socket, 'data');
      socket.pause();
    }
    server.kill('SIGTERM');
    await expect.poll(async () => (await send(server.url, { method: 'GET', target: '/healthz' })).status).toBeNaN();
    slow.resume();
    expect(JSON.parse(parse(await slow.received).body).result.structuredContent.page.count).toBe(100);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    deaf.destroy();
  });

  it('a drain ends though a body stops half way', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, guarded);
    const half = open(server.url);
    half.write(bytesOf({ headers: { 'content-length': '1000', connection: 'keep-alive' } }, HOST));
    await isServed(server);
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it('of 300 simultaneous calls 256 are accepted, and the others get a wait', { concurrent: true }, async ({
    expect,
  }) => {
    const waiting: (() => void)[] = [];
    await using upstream = await startUpstream((_, response) => {
      waiting.push(() => response.end(EMPTY));
    });
    await using server = await startHttp(program, {
      env: keyed(upstream.url, { SEQUENCE_MCP_CALLS_PER_MINUTE: '1000' }),
    });
    let settled = 0;
    const calls = Array.from({ length: 300 }, async () => {
      const answer = await send(server.url, {});
      settled++;
      return answer;
    });
    await expect.poll(() => settled).toBe(44);
    expect((await send(server.url, { method: 'GET', target: '/readyz' })).status).toBe(200);
    expect((await send(server.url, { body: LIST })).status).toBe(200);
    const release = setInterval(() => {
      for (const answer of waiting.splice(0)) answer();
    }, 10);
    const answers = await Promise.all(calls);
    clearInterval(release);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(256);
    for (const { status, headers } of answers)
      if (status !== 200) expect({ status, wait: headers['retry-after'] }).toEqual({ status: 503, wait: '5' });
    expect((await send(server.url, { body: LIST })).status).toBe(200);
  });

  it('10 MB get a refusal, however they are sent, and leave no memory behind', { concurrent: true }, async ({
    expect,
  }) => {
    await using server = await startHttp(program, guarded);
    await isServed(server);
    const body = `"${'x'.repeat(10 * 1024 * 1024)}"`;
    // Bun closes the connection before the sender sees the response.
    const headers = { connection: null };
    const before = residentKb(server.pid);
    for (const [more, status] of [
      [{ headers }, 413],
      [{ headers, chunked: true }, 413],
      [{ headers: { ...headers, authorization: null } }, 401],
      [{ chunked: true, headers: { ...headers, authorization: null } }, 401],
      [{ headers, target: '/upload' }, 404],
    ] as const) {
      for (let n = 0; n < 4; n++) {
        expect(await send(server.url, { body, ...more }, HOST)).toMatchObject({ status });
      }
    }
    // 200 MB were sent.
    expect(residentKb(server.pid)).toBeLessThan(before + 120_000);
    await isServed(server);
  });

  it('disconnected clients leave no open sockets behind', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, {
      ...guarded,
      env: { ...ENDPOINTS.GUARDED, SEQUENCE_MCP_CALLS_PER_MINUTE: '100000' },
    });
    const bytes = bytesOf({}, HOST);
    const hangUp = async (times: number) => {
      for (let n = 0; n < times; n++) {
        const socket = open(server.url);
        await new Promise((resolve) => socket.write(bytes.slice(0, (n * 37) % (bytes.length + 1)), resolve));
        if (n % 2) socket.resetAndDestroy();
        else socket.destroy();
        await socket.received;
      }
    };
    await hangUp(50);
    await isServed(server);
    const before = openFiles(server.pid);
    await hangUp(500);
    await isServed(server);
    await expect.poll(() => openFiles(server.pid)).toBeLessThanOrEqual(before + 2);
  });
});

it('on Bun a result after 12 s arrives, though Bun’s own server would close the connection after 10 s', async () => {
  await using upstream = await startUpstream((_, response) => {
    const isFirst = upstream.received.length === 1;
    const end = () => response.writeHead(isFirst ? 503 : 200).end(EMPTY);
    // One try may take 10 s.
    setTimeout(end, isFirst ? 8_000 : 4_000);
  });
  await using server = await startHttp(bunProgram, { env: keyed(upstream.url) });
  expect(await send(server.url, {})).toMatchObject({ status: 200 });
});
