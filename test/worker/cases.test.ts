import { afterAll, beforeAll, describe, it } from 'vitest';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { expectAnswer, httpCases } from '../support/http-cases.ts';
import { startSequence, type Upstream } from '../support/upstream.ts';
import { configured, startWorker, type WorkerServer } from '../support/worker.ts';

/**
 * Cases that never reach a Worker. workerd itself refuses a request without a `Host`, with an invalid one, or with a whole
 * URL as its target. And a Worker always requires authentication.
 */
const OF_PROCESSES = [
  ...['health without a host', 'readiness without a host', 'no host'],
  ...['a host with a port and more', 'a name that begins like loopback'],
  ...['a foreign host in the target', 'our host in the target'],
  'a token that is not needed',
  ...Object.keys(httpCases).filter((name) => name.endsWith('without tokens')),
];

describe('the endpoint in workerd answers', () => {
  let upstream: Upstream;
  const workers = {} as Record<'OPEN' | 'GUARDED', WorkerServer>;
  beforeAll(async () => {
    upstream = await startSequence({ aliases: createDemoAliases() });
    workers.GUARDED = await startWorker({ bindings: configured(upstream.url) });
    const local = { SEQUENCE_MCP_URL: 'http://localhost:8787/mcp', SEQUENCE_MCP_ORIGINS: '' };
    workers.OPEN = await startWorker({ bindings: configured(upstream.url, local) });
  });
  afterAll(async () => {
    for (const resource of [workers.GUARDED, workers.OPEN, upstream]) await resource[Symbol.asyncDispose]();
  });

  const cases = Object.entries(httpCases).filter(([name]) => !OF_PROCESSES.includes(name));
  it.each(cases)('%s', { concurrent: true }, async (_, expected) => {
    const { endpoint, ...request } = expected;
    const host = endpoint === 'OPEN' ? '127.0.0.1' : undefined;
    expectAnswer(await workers[endpoint].send(request, host), expected);
  });
});
