// All upstream faults, in the Worker.
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectToEndpoint, type TestClient } from '../support/clients.ts';
import { expectEnd, faultsOn, ownCertificate, startFaults } from '../support/faults.ts';
import { TOKEN } from '../support/http-cases.ts';
import { startUpstream } from '../support/upstream.ts';
import { startLocalWorker, type WorkerServer } from '../support/worker.ts';

/** workerd compares `Content-Encoding` case-sensitively, contrary to RFC 9110, so the page is not UTF-8. */
const NOT_READ = 'compressed, in capitals';

describe('in workerd each fault gives its kind and message after its number of requests', () => {
  let upstream: Awaited<ReturnType<typeof startFaults>>;
  const workers: WorkerServer[] = [];
  const clients: TestClient[] = [];
  beforeAll(async () => {
    upstream = await startFaults();
    for (const SEQUENCE_TIMEOUT_MS of [45_000, 3_000]) {
      const worker = await startLocalWorker(upstream.url, { SEQUENCE_TIMEOUT_MS });
      workers.push(worker);
      clients.push(await connectToEndpoint(worker.url, { token: TOKEN }));
    }
  });
  afterAll(async () => {
    for (const resource of [...clients, ...workers, upstream]) await resource[Symbol.asyncDispose]();
  });

  const known = faultsOn('workerd').filter(([name]) => name !== NOT_READ);
  it.each(known)('%s', { concurrent: true }, async (name, fault) => {
    const [patient, hasty] = clients as [TestClient, TestClient];
    await expectEnd(fault.ofTime ? hasty : patient, upstream, name, fault, 'workerd');
  });

  it(NOT_READ, async () => {
    const [patient] = clients as [TestClient];
    const { text } = await patient.call('list_customer_aliases', { value: NOT_READ });
    expect(text).toMatch(/^unexpected_response: .* not valid UTF-8/);
  });

  it('a successful call after all of them', async () => {
    const [patient] = clients as [TestClient];
    expect((await patient.call('list_customer_aliases', { value: 'compressed' })).isError).toBe(false);
  });
});

it('in workerd an unreachable Sequence is unavailable', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.on('listening', resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  await using tls = await startUpstream((_, response) => response.end(), ownCertificate);
  for (const url of [`http://127.0.0.1:${port}`, tls.url]) {
    await using worker = await startLocalWorker(url);
    await using client = await connectToEndpoint(worker.url, { token: TOKEN });
    const { text } = await client.call('list_customer_aliases');
    expect(text).toMatch(/^unavailable: Sequence at \S+ cannot be reached: .* \(3 tries\)/);
    expect(text).not.toMatch(/reference|internal error/);
  }
});
