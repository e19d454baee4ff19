import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDPOINTS, FIND, TOKEN } from '../support/http-cases.ts';
import { type HttpServer, startHttp } from '../support/http-server.ts';
import { built, bunProgram, node } from '../support/programs.ts';
import { bytesOf, open, parse, send } from '../support/raw-http.ts';

const guarded = { flags: ['--demo'], env: ENDPOINTS.GUARDED };
const HOST = 'mcp.example.com';
const isServed = async ({ url }: HttpServer) => expect((await send(url, {}, HOST)).status).toBe(200);

describe.each(built)('hostile clients on $name:', (program) => {
  it('a refusal does not wait for the body', async () => {
    await using server = await startHttp(program, guarded);
    const unknown = open(server.url);
    unknown.write(bytesOf({ headers: { authorization: null, 'content-length': '1000' } }, HOST));
    expect(parse(await unknown.received).status).toBe(401);
    await isServed(server);
  });

  it('broken HTTP does no harm, and the log holds no token, header, argument or result', async () => {
    await using server = await startHttp(program, {
      ...guarded,
      env: { ...ENDPOINTS.GUARDED, SEQUENCE_LOG_LEVEL: 'debug', SEQUENCE_MCP_CALLS_PER_MINUTE: '100000' },
    });
    // All text of the client contains this, and every result of the demo has a customer.
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
    for (const text of fc.sample(broken, { numRuns: program === node ? 300 : 100, seed: 7 })) {
      const socket = open(server.url);
      // Bun keeps a half-closed connection until it times out.
      socket.end(text, () => program === bunProgram && socket.destroy());
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
    // The previous request's line is the last.
    await expect.poll(() => server.log().at(-1)).toMatchObject({ outcome: 'found' });
    expect(server.log().length).toBeGreaterThan(18);
    const log = server.stderr();
    for (const secret of [MARK, TOKEN, TOKEN.slice(5), 'crm-1042', '01846922', 'Bearer'])
      expect(log).not.toContain(secret);
    const known = ['time', 'level', 'id', 'caller', 'method', 'tool', 'outcome', 'status', 'ms', 'message'];
    for (const line of server.log()) expect(known).toEqual(expect.arrayContaining(Object.keys(line)));
  });
});
