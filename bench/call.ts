import { startHttp } from '../test/support/http-server.ts';
import { at, node } from '../test/support/programs.ts';
import type { Part } from './report.ts';
import { listPageOverHttp, openSession, serverEnv, time } from './session.ts';
import { median } from './statistics.ts';
import { fetchPage, startSequence } from './upstream.ts';

const WARM_UP_CALLS = 20;
const CALLS = 60;
const UPSTREAM_MS = 100;

/** Sequential tool calls, alternating with the plain request to Sequence that a call makes. */
export const call = {
  figures: {
    stdio: { name: 'list call, upstream of 100 ms ÷ that request', atMost: 1.03, digits: 3 },
    http: { name: 'the same over HTTP', atMost: 1.05, digits: 3 },
    request: { name: '  that request alone, ms', digits: 1 },
  },
  rounds: 3,
  async measure() {
    await using upstream = await startSequence(UPSTREAM_MS);
    const env = serverEnv(upstream.url);
    await using session = await openSession(at('dist/cli.cjs'), env);
    await using endpoint = await startHttp(node, { env });
    const requests: number[] = [];
    const overStdio: number[] = [];
    const overHttp: number[] = [];
    for (let call = 0; call < WARM_UP_CALLS + CALLS; call++) {
      requests.push(await time(() => fetchPage(upstream.url)));
      overStdio.push(await time(session.listPage));
      overHttp.push(await time(() => listPageOverHttp(endpoint.url)));
    }
    const medianOf = (times: number[]) => median(times.slice(WARM_UP_CALLS));
    const request = medianOf(requests);
    return { stdio: medianOf(overStdio) / request, http: medianOf(overHttp) / request, request };
  },
} satisfies Part;
