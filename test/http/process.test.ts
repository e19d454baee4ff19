import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { FIND, LIST, TOKEN, TOKENS } from '../support/http-cases.ts';
import { startHttp } from '../support/http-server.ts';
import { built, cleanEnv, keyed, node, withPreload } from '../support/programs.ts';
import { bytesOf, open, parse, send } from '../support/raw-http.ts';
import { startSequence, startUpstream } from '../support/upstream.ts';

const hang = () => startUpstream(() => {});
const get = (url: string, target: string) => send(url, { method: 'GET', target });
const PUBLIC = { SEQUENCE_MCP_URL: 'https://mcp.example.com/mcp', SEQUENCE_MCP_TOKENS: TOKENS };
const EMPTY = JSON.stringify({ items: [], pagination: {} });

/** Runs the program until it exits. */
function run(
  flags: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(node.command, [...node.args, ...flags], { env: cleanEnv(env) }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

describe.each(built)('--http on $name', (program) => {
  it.each(program === node ? (['SIGTERM', 'SIGINT'] as const) : (['SIGTERM'] as const))(
    'drains on %s without losing a call',
    async (signal) => {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await using upstream = await startUpstream((_, response) => void held.then(() => response.end(EMPTY)));
      await using server = await startHttp(withPreload(program, 'test/support/hold-grace.mjs'), {
        env: keyed(upstream.url),
      });
      const kept = open(server.url);
      kept.write(bytesOf({ headers: { connection: 'keep-alive' } }, '127.0.0.1'));
      await expect.poll(() => upstream.received.length).toBe(1);

      server.kill(signal);
      await expect.poll(async () => (await get(server.url, '/readyz')).status).toBe(503);
      // A balancer may still send requests on new connections; each response closes its connection.
      const late = await send(server.url, {
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        headers: { connection: null },
      });
      expect(late).toMatchObject({ status: 200, headers: { connection: 'close' } });
      expect(await get(server.url, '/healthz')).toMatchObject({ status: 200 });
      server.kill('SIGUSR2');
      // From then on no connection is accepted.
      await expect.poll(async () => (await get(server.url, '/healthz')).status).toBeNaN();
      release();
      const { status, headers, body } = parse(await kept.received);
      expect({ status, connection: headers['connection'] }).toEqual({ status: 200, connection: 'close' });
      expect(body).toContain('not_found');
      expect(await server.ended).toEqual({ code: 0, signal: null });
    },
  );

  it('exits after the last stream of a drain, though its client would keep the connection', async () => {
    const answers: (() => void)[] = [];
    await using upstream = await startUpstream((_, response) => {
      const pagination = answers.length === 0 ? { after: 'a' } : {};
      const answer = () => void response.end(JSON.stringify({ items: [], pagination }));
      if (answers.push(answer) > 2) answer();
    });
    await using server = await startHttp(withPreload(program, 'test/support/hold-grace.mjs'), {
      env: keyed(upstream.url),
    });
    const stream = open(server.url);
    const body = FIND.replace('"arguments"', '"_meta":{"progressToken":1},"arguments"');
    stream.write(bytesOf({ body, headers: { connection: 'keep-alive', accept: 'text/event-stream' } }, '127.0.0.1'));
    await expect.poll(() => answers.length).toBe(1);
    const progress = once(stream, 'data');
    answers[0]?.();
    await progress;
    await expect.poll(() => answers.length).toBe(2);
    server.kill('SIGTERM');
    await expect.poll(async () => (await get(server.url, '/readyz')).status).toBe(503);
    server.kill('SIGUSR2');
    await expect.poll(async () => (await get(server.url, '/healthz')).status).toBeNaN();
    answers[1]?.();
    expect(await stream.received).toMatch(/"not_found"/);
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it('closes a connection that asks for it, and one that sends without reading', async () => {
    await using server = await startHttp(program, { flags: ['--demo'] });
    for (const version of ['1.0', '1.1'] as const) {
      const once = open(server.url);
      once.write(bytesOf({ method: 'GET', target: '/healthz', version }, '127.0.0.1'));
      expect(parse(await once.received)).toMatchObject({ status: 200, headers: { connection: 'close' } });
    }
    const greedy = open(server.url);
    greedy.pause();
    const closed = new Promise((resolve) => greedy.on('error', resolve).on('close', resolve));
    const request = bytesOf({ method: 'GET', target: '/', headers: { connection: 'keep-alive' } }, '127.0.0.1');
    greedy.write(Buffer.concat(Array.from({ length: 3_000 }, () => request)));
    await expect.poll(async () => (await get(server.url, '/healthz')).status).toBe(200);
    greedy.resume();
    await closed;
    await expect.poll(async () => (await send(server.url, {})).status).toBe(200);
    expect(server.log().filter(({ method }) => method === undefined).length).toBeLessThan(100);
  });

  it('exits at once on a second signal', async () => {
    await using upstream = await hang();
    await using server = await startHttp(withPreload(program, 'test/support/hold-grace.mjs'), {
      env: keyed(upstream.url),
    });
    const call = send(server.url, {});
    await expect.poll(() => upstream.received.length).toBe(1);
    server.kill('SIGTERM');
    await expect.poll(async () => (await get(server.url, '/readyz')).status).toBe(503);
    server.kill('SIGINT');
    expect(await server.ended).toEqual({ code: 130, signal: null });
    expect((await call).status).toBeNaN();
  });

  it('aborts a request to Sequence when the client disconnects', async () => {
    await using upstream = await hang();
    await using server = await startHttp(program, { env: keyed(upstream.url) });
    for (const headers of [{}, { accept: 'text/event-stream' }]) {
      const client = open(server.url);
      client.write(
        bytesOf({ headers, body: FIND.replace('"arguments"', '"_meta":{"progressToken":1},"arguments"') }, '127.0.0.1'),
      );
      await expect.poll(() => upstream.received.length).toBe(headers.accept ? 2 : 1);
      client.destroy();
      expect(await upstream.received.at(-1)?.aborted).toBe(true);
    }
    await expect.poll(() => server.log().filter(({ status }) => status === 499)).toHaveLength(2);
    expect(server.log().at(-1)).toMatchObject({ level: 'info', outcome: 'cancelled', tool: 'find_customer_by_alias' });
  });

  it('aborts a request to Sequence when a modern client cancels the call', async () => {
    await using upstream = await hang();
    await using client = await connect(program, { transport: 'http', kind: 'v2 modern', env: keyed(upstream.url) });
    const cancel = new AbortController();
    const call = expect(
      client.call('find_customer_by_alias', { alias: 'x' }, { signal: cancel.signal }),
    ).rejects.toThrow();
    await expect.poll(() => upstream.received.length).toBe(1);
    cancel.abort();
    await call;
    expect(await upstream.received[0]?.aborted).toBe(true);
  });

  it('keeps a connection open longer than a load balancer', async () => {
    await using server = await startHttp(program, { flags: ['--demo'] });
    const socket = open(server.url);
    for (let n = 0; n < 2; n++) {
      socket.write(bytesOf({ headers: { connection: 'keep-alive' } }, '127.0.0.1'));
      expect(String((await once(socket, 'data'))[0])).toMatch(/keep-alive: timeout=72\b/i);
    }
    socket.destroy();
  });
});

async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}

it('calls Sequence with its own key, without any header of the caller', async () => {
  await using upstream = await startSequence({ aliases: [] });
  const env = keyed(upstream.url, { SEQUENCE_MCP_TOKENS: TOKENS });
  await using server = await startHttp(node, { env });
  const answer = await send(server.url, { headers: { 'x-of-caller': 'of a caller' } });
  expect(answer.status).toBe(200);
  const [asked] = upstream.received;
  expect(asked?.headers.authorization).toBe('Basic a2V5OnNlY3JldA==');
  expect(JSON.stringify(asked?.headers)).not.toMatch(/smcp|of a caller/);
  expect(JSON.stringify(answer)).not.toMatch(/a2V5OnNlY3JldA|secret/);
});

it('limits each caller, with a Retry-After', async () => {
  const env = {
    SEQUENCE_MCP_CALLS_PER_MINUTE: '2',
    SEQUENCE_MCP_TOKENS: (
      await Promise.all(['one', 'two'].map(async (name) => `${name}:${await sha256(`${TOKEN}${name}`)}`))
    ).join(', '),
  };
  await using server = await startHttp(node, { flags: ['--demo'], env });
  const call = (name: string, more = {}) =>
    send(server.url, { headers: { authorization: `Bearer ${TOKEN}${name}` }, ...more });
  expect((await call('one')).status).toBe(200);
  // None of these counts: no POST, no token, no message, no tool call.
  expect((await call('one', { method: 'GET' })).status).toBe(405);
  expect((await send(server.url, {})).status).toBe(401);
  expect((await call('one', { body: 'no JSON' })).status).toBe(400);
  expect((await call('one', { body: LIST })).status).toBe(200);
  expect((await call('one')).status).toBe(200);
  const refused = await call('one');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await call('two')).status).toBe(200);
  await expect.poll(() => server.log().map(({ caller, status }) => `${caller} ${status}`)).toContain('one 429');
});

describe('the start of --http', () => {
  it('reports every problem, of the key too, and exits with 1 before it opens a port', async () => {
    const { code, stderr, stdout } = await run(['--http'], {
      PORT: '99999',
      SEQUENCE_CLIENT_ID: 'key',
      SEQUENCE_MCP_URL: 'http://mcp.example.com/mcp',
      SEQUENCE_MCP_TOKENS: 'a-token-that-is-no-hash',
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    for (const name of ['PORT', 'SEQUENCE_CLIENT_SECRET', 'SEQUENCE_MCP_URL', 'SEQUENCE_MCP_TOKENS']) {
      expect(stderr).toContain(name);
    }
    expect(stderr).not.toContain('a-token-that-is-no-hash');
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ level: 'error' });
  });

  it('exits with 1 if the port is in use', async () => {
    await using other = await hang();
    const { host, port } = new URL(other.url);
    const { code, stderr } = await run(['--http', '--demo'], { PORT: port });
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot listen on ${host}: EADDRINUSE, the port is in use.`);
  });

  it('checks without serving', async () => {
    await using upstream = await startSequence({ aliases: [] });
    expect(await run(['--http', '--check'], keyed(upstream.url, { PORT: '0' }))).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^works +0 customer.*^works +listening on 127\.0\.0\.1:0$/ms),
    });
    const wrong = await run(['--http', '--check'], keyed(upstream.url, { HOST: '0.0.0.0' }));
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringMatching(/SEQUENCE_MCP_URL.*SEQUENCE_MCP_TOKENS/s) });
  });

  it('reports with --check what would fail', async () => {
    await using other = await hang();
    const taken = await run(['--http', '--demo', '--check'], { PORT: new URL(other.url).port });
    expect(taken).toMatchObject({ code: 1, stdout: expect.stringMatching(/^fails +Cannot listen.*EADDRINUSE/m) });
    const elsewhere = await run(['--http', '--demo', '--check'], { HOST: 'no-such-host.invalid', ...PUBLIC });
    expect(elsewhere).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^fails +Cannot listen on no-such-host\.invalid:8080: /m),
    });
  });

  it('warns about a public path that it does not serve', async () => {
    const env = { ...PUBLIC, SEQUENCE_MCP_URL: 'https://mcp.example.com/sequence', PORT: '0' };
    const warning = /SEQUENCE_MCP_URL has the path \/sequence.* a proxy must send \/sequence on as \/mcp/;
    await using server = await startHttp(node, { flags: ['--demo'], env });
    await expect
      .poll(() => server.log())
      .toContainEqual(expect.objectContaining({ level: 'warn', message: expect.stringMatching(warning) }));
    const { code, stdout } = await run(['--http', '--demo', '--check'], env);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(warning) });
  });

  it('makes a token that its entry accepts', async () => {
    const { code, stdout } = await run(['--new-token', 'support-bot']);
    expect(code).toBe(0);
    const [, token = ''] = /^(smcp_[\w-]{43})$/m.exec(stdout) ?? [];
    const [, entry = ''] = /^(support-bot:[\da-f]{64})$/m.exec(stdout) ?? [];
    expect(token).not.toBe('');
    await using server = await startHttp(node, { flags: ['--demo'], env: { SEQUENCE_MCP_TOKENS: entry } });
    const headers = { authorization: `Bearer ${token}` };
    expect(await send(server.url, { headers })).toMatchObject({ status: 200 });
    await expect.poll(() => server.log().at(-1)).toMatchObject({ caller: 'support-bot', outcome: 'found' });
    expect(server.stderr()).not.toContain(token);
    expect((await run(['--new-token', 'support-bot'])).stdout).not.toContain(token);
  });
});
