import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo } from './support/call.ts';
import { connect, type TestClient } from './support/clients.ts';
import { expectEnd, faultsOn, ownCertificate, type Runtime, startFaults } from './support/faults.ts';
import { built } from './support/programs.ts';
import { startUpstream } from './support/upstream.ts';

const key = { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret' };

describe.each(built)('on $name', (program) => {
  const runtime = program.name as Runtime;
  const start = (url: string, timeoutMs = 45_000, by = program) => {
    const env = { ...key, SEQUENCE_API_URL: url, SEQUENCE_TIMEOUT_MS: String(timeoutMs) };
    return connect(by, { env });
  };
  const callAt = async (url: string) => {
    await using client = await start(url);
    return await client.call('list_customer_aliases');
  };

  describe('each fault gives its kind and message after its number of requests', () => {
    let upstream: Awaited<ReturnType<typeof startFaults>>;
    let patient: TestClient;
    let hasty: TestClient;
    beforeAll(async () => {
      upstream = await startFaults();
      patient = await start(upstream.url);
      hasty = await start(upstream.url, 3_000);
    });
    afterAll(async () => {
      for (const resource of [patient, hasty, upstream]) await resource[Symbol.asyncDispose]();
    });

    it.each(faultsOn(runtime))('%s', { concurrent: true }, async (name, fault) => {
      if (!fault.alone) return expectEnd(fault.ofTime ? hasty : patient, upstream, name, fault, runtime);
      // Of Node alone, whose `fetch` this process has too.
      await using client = await connectTo(upstream.url);
      await expectEnd(client, upstream, name, fault, runtime);
    });
  });

  it('connection refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    expect((await callAt(`http://127.0.0.1:${port}`)).text).toMatch(
      /^unavailable: .* the connection was refused \(3 tries\)/,
    );
  });

  it('no such host', async () => {
    // A label past 63 characters fails in the resolver itself, so no query leaves the machine.
    const host = `${'x'.repeat(64)}.invalid`;
    const args = program.args.map((argument) => argument.replace('localhost', host));
    await using client = await start(`https://${host}`, 45_000, { ...program, args });
    const words = program.name === 'deno' ? /^unavailable: / : /^unavailable: .* its host name was not found/;
    expect((await client.call('list_customer_aliases')).text).toMatch(words);
  });

  it('a certificate that is not trusted', async () => {
    await using tls = await startUpstream((_, response) => response.end(), ownCertificate);
    expect((await callAt(tls.url)).text).toMatch(/^unavailable: .* \(TLS\) failed/);
    expect(tls.received).toHaveLength(0);
  });
});
