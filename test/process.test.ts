import { describe, expect, it } from 'vitest';
import { createDemoAliases } from '../src/demo/customers.ts';
import { clientKinds, connect } from './support/clients.ts';
import { built, bunProgram, keyed, node, source } from './support/programs.ts';
import { clean, find, hello, request, start } from './support/stdio-process.ts';
import { startSequence, startUpstream } from './support/upstream.ts';

const hang = () => startUpstream(() => {});

describe.each(built)('the process on $name', (program) => {
  it.each(['idle', 'calling'])('exits when stdin ends: %s', async (state) => {
    await using upstream = await hang();
    const server = start(program, [], keyed(upstream.url));
    server.child.stdin.write(hello);
    await server.answer(1);
    if (state === 'calling') {
      server.child.stdin.write(find(2));
      await expect.poll(() => upstream.received.length).toBe(1);
    }
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
    if (state === 'calling') expect(await upstream.received[0]?.aborted).toBe(true);
    expect(server.stderr()).toBe('');
  });

  it('exits with a message if stdin is closed from the start', async () => {
    const server = start(program, ['--demo']);
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
    expect(server.stderr()).toContain('stdin ended without input');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('exits on %s with a call in flight', async (signal) => {
    await using upstream = await hang();
    const server = start(program, [], keyed(upstream.url));
    server.child.stdin.write(hello + find(2));
    await expect.poll(() => upstream.received.length).toBe(1);
    server.child.kill(signal);
    expect(await server.ended).toEqual(clean);
  });

  it('exits when stdout is closed', async () => {
    const server = start(program, ['--demo']);
    server.child.stdin.write(hello);
    await server.answer(1);
    server.child.stdout.destroy();
    const writing = setInterval(() => server.child.stdin.write(find(2)), 20);
    expect(await server.ended).toEqual(clean);
    clearInterval(writing);
  });

  it('exits with stdin even if stdout is not read', async () => {
    const aliases = createDemoAliases();
    await using upstream = await startSequence({ aliases });
    const server = start(program, [], keyed(upstream.url));
    server.child.stdin.write(hello);
    await server.answer(1);
    // Without an end listener, readline does not emit the line that the exit cuts off.
    server.child.stdout.pause().removeAllListeners('end');
    const pages = { name: 'list_customer_aliases', arguments: { limit: 100, detail: 'full' } };
    for (let id = 2; id < 52; id++) server.child.stdin.write(request(id, 'tools/call', pages));
    // At most 8 of these are in flight, so 42 have been answered, more than the pipe holds.
    await expect.poll(() => upstream.received.length).toBe(50);
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
  });

  it('keeps answering if stderr is not read', async () => {
    const server = start(program, []);
    server.child.stderr.destroy();
    server.child.stdin.write(`${hello}${'{"jsonrpc":"1.0","id":9}\n'.repeat(20)}`);
    await server.answer(1);
    server.child.stdin.write(find(2));
    expect((await server.answer(2)).result).toMatchObject({ isError: true });
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
  });

  it('answers input written before it was ready', async () => {
    const server = start(program, ['--demo']);
    server.child.stdin.write(hello + request(2, 'tools/list') + find(3));
    expect((await server.answer(2)).result).toHaveProperty('tools');
    expect((await server.answer(3)).result).toHaveProperty('structuredContent.outcome', 'found');
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
  });

  it('skips a byte order mark, and refuses a line that is not UTF-8', async () => {
    await using upstream = await startSequence({ aliases: [] });
    const server = start(program, [], keyed(upstream.url));
    server.child.stdin.write(`\ufeff${hello}`);
    expect((await server.answer(1)).result).toHaveProperty('serverInfo');
    server.child.stdin.write(Buffer.from(find(2, 'café'), 'latin1'));
    expect((await server.answer(2)).error).toEqual({ code: -32700, message: 'A message must be UTF-8.' });
    server.child.stdin.write(find(3, 'café'));
    expect((await server.answer(3)).result).toHaveProperty('structuredContent.outcome', 'not_found');
    expect(upstream.received.map(({ url }) => url.searchParams.get('value'))).toContain('café');
    expect(upstream.received.map(({ url }) => url.search).join()).not.toContain('%EF%BF%BD');
    server.child.stdin.end();
    expect(await server.ended).toEqual(clean);
  });

  it.each(program === node ? clientKinds : clientKinds.slice(0, 1))(
    'aborts the request upstream when a %s client cancels',
    async (kind) => {
      await using upstream = await hang();
      await using client = await connect(program, { kind, env: keyed(upstream.url) });
      const cancel = new AbortController();
      const call = expect(
        client.call('find_customer_by_alias', { alias: 'x' }, { signal: cancel.signal }),
      ).rejects.toThrow();
      await expect.poll(() => upstream.received.length).toBe(1);
      cancel.abort();
      await call;
      expect(await upstream.received[0]?.aborted).toBe(true);
      await expect(client.listTools()).resolves.toHaveProperty('tools');
    },
  );
});

// One runtime per engine: the maximum depth of JSON depends on it.
it.each([node, bunProgram])('survives invalid input on $name and keeps answering', async (program) => {
  const server = start(program, ['--demo']);
  server.child.stdin.write(hello);
  await server.answer(1);
  const noise = [
    'noise\n\n\r\n{}\n[]\n"x"\nnull\n7\n{"jsonrpc":"1.0","id":9,"method":"x"}\n',
    `[${find(4).trim()},${find(5).trim()}]\n`,
    `${'['.repeat(1_000_000)}\n`,
    `{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"find_customer_by_alias","arguments":{"alias":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}\n`,
    `${'x'.repeat(9 * 1024 * 1024)}\n`,
    Buffer.from([0xff, 0xfe, 0x00, 0x0a]),
    request(7, 'no/such/method'),
    request(8, 'tools/call', { name: 'no_such_tool', arguments: {} }),
    '{"jsonrpc":"2.0","id":99,"result":{}}\n{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":42}}\n',
  ];
  for (const part of noise) server.child.stdin.write(part);
  server.child.stdin.write(find(10));
  expect((await server.answer(10)).result).toHaveProperty('structuredContent.outcome', 'found');
  expect((await server.answer(7)).error?.code).toBe(-32601);
  expect(await server.answer(8)).toHaveProperty('error');
  expect((await server.answer(6)).error?.code).toBe(-32600);
  expect((await server.answer(9)).error?.code).toBe(-32600);
  server.child.stdin.end();
  expect(await server.ended).toEqual(clean);
  expect(server.strays).toEqual([]);
});

it('exits cleanly with a message on a line that is too long', async () => {
  const server = start(node, ['--demo']);
  server.child.stdin.write(hello);
  await server.answer(1);
  server.child.stdin.write('x'.repeat(11 * 1024 * 1024));
  expect(await server.ended).toEqual(clean);
  expect(server.stderr()).toMatch(/^error: A line of stdin has more than \d+ bytes/);
});

it('gives each of 200 simultaneous calls its own result', async () => {
  await using upstream = await startUpstream(({ url }, response) => {
    const value = new URL(url ?? '', 'http://x').searchParams.get('value');
    const item = { id: 'i', sequenceAccountId: 's', customerId: `c-${value}`, createdAt: 't', value };
    response.end(JSON.stringify({ items: [item], pagination: {} }));
  });
  await using client = await connect(node, { env: keyed(upstream.url) });
  const calls = Array.from({ length: 200 }, (_, n) => client.call('find_customer_by_alias', { alias: `${n}` }));
  const customers = (await Promise.all(calls)).map(({ structured }) => structured.customerId);
  expect(customers).toEqual(customers.map((_, n) => `c-${n}`));
  expect(upstream.received).toHaveLength(200);
});

it('logs the stack of an unhandled rejection and keeps running', async () => {
  // A dependency could do this one day, inside the server's process.
  const script = 'process.on("SIGUSR2", function culprit() { Promise.reject(new Error("stray")); });';
  const url = `data:text/javascript,${encodeURIComponent(script)}`;
  const server = start({ ...node, args: ['--import', url, ...node.args] }, ['--demo']);
  server.child.stdin.write(hello);
  await server.answer(1);
  server.child.kill('SIGUSR2');
  await expect.poll(server.stderr).toMatch(/^error: Error: stray\\u\{a\} .*at process\.culprit/);
  server.child.stdin.write(find(2));
  expect((await server.answer(2)).result).toHaveProperty('structuredContent.outcome', 'found');
  server.child.stdin.end();
  expect(await server.ended).toEqual(clean);
});

it.each(source)('exits when stdin ends, from source on $name', async (program) => {
  const server = start(program, ['--demo']);
  server.child.stdin.write(hello + find(2));
  await server.answer(2);
  server.child.stdin.end();
  expect(await server.ended).toEqual(clean);
});
