// Name servers that are slow or silent, as on a laptop off its VPN, in front of real processes.
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from './support/clients.ts';
import { ownCertificate } from './support/faults.ts';
import { temporaryFolder } from './support/machine.ts';
import { at, built, cleanEnv, type Program } from './support/programs.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const HOST = 'sequence.invalid';
const folder = temporaryFolder();
const server = createSocket('udp4');
const asked: string[] = [];
/** Milliseconds after which each question about an IPv4 address is answered with 127.0.0.1; silent without. */
let answersAfter: number | undefined;

server.on('message', (query, { port, address }) => {
  // RFC 1035: twelve bytes of header, then the name in labels with their lengths, its type and its class.
  const nameEnd = query.indexOf(0, 12);
  asked.push(query.toString('latin1', 13, nameEnd));
  if (answersAfter === undefined) return;
  const isA = query.readUInt16BE(nameEnd + 1) === 1;
  const header = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
  const record = isA ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1] : [];
  const answer = Buffer.concat([header, query.subarray(12, nameEnd + 5), Buffer.from(record)]);
  setTimeout(() => server.send(answer, port, address), answersAfter);
});

/** The program with files of its own in the place of the system's. */
function within(program: Program, files: Record<string, string>): Program {
  const mounts = Object.entries(files).map(([target, text]) => {
    const source = join(folder, target.replaceAll('/', '_'));
    writeFileSync(source, text);
    return `mount --bind ${source} ${target} && `;
  });
  const args = program.args.map((argument) => argument.replace('localhost', HOST));
  return {
    name: program.name,
    command: 'unshare',
    args: ['-rm', 'sh', '-c', `${mounts.join('')}exec "$@"`, 'sh', program.command, ...args],
  };
}

// Without an answer, the system's lookup waits for minutes.
const resolvers = { '/etc/resolv.conf': 'nameserver 127.0.0.99\noptions timeout:30 attempts:5\n' };
const isolates = spawnSync('unshare', ['-rm', 'mount', '--bind', '/etc/hosts', '/etc/hosts']).status === 0;
const listens = await new Promise<boolean>((resolve) => {
  server.on('error', () => resolve(false)).bind(53, '127.0.0.99', () => resolve(true));
});
afterAll(() => server.close());

// It takes Linux, the right to a mount namespace, and the right to port 53.
describe.skipIf(!isolates || !listens).each(built)('on $name', (program) => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream((_, response) => response.end('{"items":[],"pagination":{}}'), ownCertificate);
  });
  afterAll(() => upstream[Symbol.asyncDispose]());

  const env = () => ({
    SEQUENCE_CLIENT_ID: 'key',
    SEQUENCE_CLIENT_SECRET: 'secret',
    SEQUENCE_API_URL: upstream.url.replace('127.0.0.1', HOST),
    NODE_EXTRA_CA_CERTS: at('test/support/tls/ca.pem'),
  });
  const start = (files: Record<string, string> = {}) =>
    connect(within(program, { ...resolvers, ...files }), { env: env() });

  it.each(['the end of stdin', 'SIGTERM'] as const)('ends on %s while a name is looked up', async (end) => {
    answersAfter = undefined;
    const { command, args } = within(program, resolvers);
    const before = asked.length;
    const child = spawn(command, args, { env: cleanEnv(env()), stdio: ['pipe', 'ignore', 'inherit'] });
    const ended = once(child, 'exit');
    const call = { name: 'list_customer_aliases', arguments: {} };
    const clientInfo = { name: 'test', version: '1' };
    for (const [id, method, params] of [
      [1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }],
      [2, 'tools/call', call],
    ] as const) {
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    }
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(before);
    if (end === 'SIGTERM') child.kill(end);
    else child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    ['answers at once', 0],
    ['takes two seconds', 2_000],
  ])('finds a host whose name server %s', async (_, delay) => {
    answersAfter = delay;
    await using client = await start();
    expect((await client.call('list_customer_aliases')).structured).toEqual({ page: { count: 0 }, aliases: [] });
  });

  // The others ask the system, which waits past the limit of a try.
  it.runIf(program.name === 'node')('says that no name server answered', async () => {
    answersAfter = undefined;
    await using client = await start();
    expect((await client.call('list_customer_aliases')).text).toMatch(/^unavailable: .*: no name server answered/);
  });

  it('finds a host in the hosts file, whatever name servers do', async () => {
    answersAfter = undefined;
    await using client = await start({
      '/etc/hosts': `127.0.0.1 localhost\n127.0.0.1 other ${HOST.toUpperCase()} # x\n`,
    });
    expect((await client.call('list_customer_aliases')).structured).toEqual({ page: { count: 0 }, aliases: [] });
  });
});
