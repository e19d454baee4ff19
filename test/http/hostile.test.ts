import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDPOINTS, FIND, LIST, TOKEN } from '../support/http-cases.ts';
import { type HttpServer, startHttp } from '../support/http-server.ts';
import { openFiles, residentKb } from '../support/proc.ts';
import { built } from '../support/programs.ts';
import { bytesOf, open, parse, send } from '../support/raw-http.ts';
import { startUpstream } from '../support/upstream.ts';

const guarded = { flags: ['--demo'], env: ENDPOINTS.GUARDED };
const HOST = 'mcp.example.com';
const isServed = async ({ url }: HttpServer) => expect((await send(url, {}, HOST)).status).toBe(200);

describe.each(built)('hostile clients on $name:', (program) => {
  it('headers that never end are cut off, and so are bodies', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, guarded);
    const slow = open(server.url);
    slow.write('POST /mcp HTTP/1.1\r\nHost: mcp.example.com\r\n');
    const drip = setInterval(() => slow.writable && slow.write('x: y\r\n'), 500);
    const body = open(server.url);
    body.write(bytesOf({ headers: { 'content-length': '1000' } }, HOST));
    const unknown = open(server.url);
    unknown.write(bytesOf({ headers: { authorization: null, 'content-length': '1000' } }, HOST));
    expect(parse(await unknown.received).status).toBe(401);
    await isServed(server);
    const answers = [parse(await slow.received), parse(await body.received)];
    clearInterval(drip);
    expect(answers[0]?.status).not.toBe(200);
    expect(answers[1]?.status).toBe(408);
    await isServed(server);
  });

  it('a connection past 1,000 is closed, and so is one that says nothing', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, guarded);
    const silent = open(server.url);
    const kept = Array.from({ length: 999 }, () => open(server.url));
    const request = bytesOf({ method: 'GET', target: '/healthz', headers: { connection: 'keep-alive' } }, HOST);
    await Promise.all(kept.map((socket) => new Promise((resolve) => socket.once('data', resolve).write(request))));
    // Bun hears of a silent connection late, or not at all.
    const late = [open(server.url), open(server.url)];
    for (const socket of late) socket.write(request);
    expect(parse(await Promise.race(late.map(({ received }) => received))).status).toBeNaN();
    for (const socket of [...kept, ...late]) socket.destroy();
    expect(parse(await silent.received).status).not.toBe(200);
    await expect.poll(async () => (await send(server.url, {}, HOST)).status).toBe(200);
  });

  it('a connection whose answers are not read is closed in the end', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, {
      ...guarded,
      env: { ...ENDPOINTS.GUARDED, SEQUENCE_TIMEOUT_MS: '1000' },
    });
    const request = bytesOf({ method: 'GET', target: '/', headers: { connection: 'keep-alive' } }, HOST);
    const greedy = open(server.url);
    greedy.pause();
    const closed = new Promise((resolve) => greedy.on('error', resolve).on('close', resolve));
    // More than the buffers of both ends hold.
    for (let n = 0; n < 1_500; n++) greedy.write(request);
    await isServed(server);
    const probe = setInterval(() => greedy.write(request), 500);
    await closed;
    clearInterval(probe);
    await isServed(server);
    expect(server.log().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('of 300 calls at once 256 are taken, and the others told to wait', { concurrent: true }, async ({ expect }) => {
    const waiting: (() => void)[] = [];
    await using upstream = await startUpstream((_, response) => {
      waiting.push(() => response.end(JSON.stringify({ items: [], pagination: {} })));
    });
    const env = {
      SEQUENCE_CLIENT_ID: 'key',
      SEQUENCE_CLIENT_SECRET: 'secret',
      SEQUENCE_API_URL: upstream.url,
      SEQUENCE_MCP_CALLS_PER_MINUTE: '1000',
    };
    await using server = await startHttp(program, { env });
    let settled = 0;
    const calls = Array.from({ length: 300 }, async () => {
      const answer = await send(server.url, {});
      settled++;
      return answer;
    });
    await expect.poll(() => settled, { timeout: 20_000 }).toBe(44);
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

  it('10 MB are refused in words, however they are sent, and do not stay', { concurrent: true }, async ({ expect }) => {
    await using server = await startHttp(program, guarded);
    await isServed(server);
    const body = `"${'x'.repeat(10 * 1024 * 1024)}"`;
    // Bun closes a connection that is to be closed before its sender sees the response.
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

  it('clients that hang up leave nothing behind', { concurrent: true }, async ({ expect }) => {
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
    await expect.poll(() => openFiles(server.pid), { timeout: 5_000 }).toBeLessThanOrEqual(before + 2);
  });

  it('broken HTTP is survived, and no line of the log has a token, a header, an argument or a result', {
    concurrent: true,
  }, async ({ expect }) => {
    await using server = await startHttp(program, {
      ...guarded,
      env: { ...ENDPOINTS.GUARDED, SEQUENCE_LOG_LEVEL: 'debug', SEQUENCE_MCP_CALLS_PER_MINUTE: '100000' },
    });
    // Whatever a client writes has this in it, and every answer of the demo has a customer.
    const MARK = 'marked';
    const good = String(
      bytesOf(
        { headers: { 'x-marked': MARK, authorization: `Bearer ${TOKEN}` }, body: FIND.replace('crm-1042', MARK) },
        HOST,
      ),
    );
    const pieces = fc.constantFrom(
      'POST /mcp HTTP/1.1\r\n',
      `GET /${MARK} HTTP/1.1\r\n`,
      `Host: ${HOST}\r\n`,
      `Host: ${MARK}\r\n`,
      `${MARK}: ${MARK}\r\n`,
      `Authorization: Bearer ${TOKEN}\r\n`,
      `Authorization: Bearer ${MARK}\r\n`,
      'Content-Type: application/json\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Content-Length: 999999999999999999999\r\n',
      'Content-Length: -1\r\n',
      `Origin: ${MARK}\r\n`,
      `Mcp-Method: ${MARK}\r\n`,
      `Mcp-Protocol-Version: ${MARK}\r\n`,
      '\r\n',
      `{"method":"${MARK}"}`,
      '\0',
      '\n',
      `${MARK} `,
      FIND,
    );
    const cut = fc.tuple(
      fc.nat(good.length),
      fc.nat(good.length),
      fc.constantFrom('', '\0', '\r\n', '\r\n\r\n', MARK, '{', '"'),
    );
    const broken = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      cut.map(([from, to, between]) => good.slice(0, from) + between + good.slice(to)),
    );
    for (const text of fc.sample(broken, 300)) {
      const socket = open(server.url);
      socket.end(text);
      // Bun keeps a connection that its client has half closed, until its time is over.
      setTimeout(() => socket.destroy(), 50);
      await socket.received;
    }
    const bodies = [
      '1',
      `"${MARK}"`,
      `{"jsonrpc":"2.0","id":"${MARK}","method":"${MARK}","params":{"${MARK}":1}}`,
      FIND.replace('crm-1042', MARK),
      FIND.replace('find_customer_by_alias', MARK),
      FIND.replace('"alias"', `"${MARK}"`),
    ];
    for (const body of bodies) {
      for (const version of ['2025-11-25', '2026-07-28', MARK])
        await send(server.url, { body, headers: { 'mcp-protocol-version': version } }, HOST);
    }
    await isServed(server);
    // The line of the request before this one is the last.
    await expect.poll(() => server.log().at(-1)).toMatchObject({ outcome: 'found' });
    expect(server.log().length).toBeGreaterThan(18);
    const log = server.stderr();
    for (const secret of [MARK, TOKEN, TOKEN.slice(5), 'crm-1042', '01846922', 'Bearer'])
      expect(log).not.toContain(secret);
    const known = ['time', 'level', 'id', 'caller', 'method', 'tool', 'outcome', 'status', 'ms', 'message'];
    for (const line of server.log()) expect(known).toEqual(expect.arrayContaining(Object.keys(line)));
  });
});
