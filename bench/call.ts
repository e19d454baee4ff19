import { startHttp } from '../test/support/http-server.ts';
import { at, node } from '../test/support/programs.ts';
import type { Part } from './report.ts';
import { listPageOverHttp, openSession, serverEnv, time } from './session.ts';
import { median } from './statistics.ts';
import { fetchPage, startSequence } from './upstream.ts';

const CALLS = 80;
/** The first of them connect, and are left out. */
const FIRST_CALLS = 20;
const TEAM_CALLS = 1_000;
/** As many requests as the server makes at once. */
const TEAM_CALLS_AT_ONCE = 8;
const UPSTREAM_MS = 100;

/** Sequential tool calls, alternating with the plain request to Sequence that a call makes. */
export const call = {
  figures: {
    stdio: { name: 'list call, upstream of 100 ms ÷ that request', atMost: 1.03, digits: 3 },
    http: { name: 'the same over HTTP, after 1,000 calls', atMost: 1.03, digits: 3 },
    newHttp: { name: '  the same over HTTP, of a new process', digits: 3 },
    request: { name: '  that request alone, ms', digits: 1 },
  },
  rounds: 3,
  async measure() {
    await using upstream = await startSequence(UPSTREAM_MS);
    const env = serverEnv(upstream.url);
    await using session = await openSession(at('dist/cli.cjs'), env);
    await using endpoint = await startHttp(node, { env });
    const listPage = () => listPageOverHttp(endpoint.url);

    /** The medians of the works' times, in turns. */
    const inTurns = async (...works: (() => Promise<unknown>)[]) => {
      const times: number[][] = works.map(() => []);
      for (let call = 0; call < CALLS; call++) {
        for (const [i, work] of works.entries()) times[i]?.push(await time(work));
      }
      return times.map((all) => median(all.slice(FIRST_CALLS)));
    };
    const request = () => fetchPage(upstream.url);
    const [requestMs = 0, stdioMs = 0, newHttpMs = 0] = await inTurns(request, session.listPage, listPage);
    for (let calls = 0; calls < TEAM_CALLS; calls += TEAM_CALLS_AT_ONCE) {
      await Promise.all(Array.from({ length: TEAM_CALLS_AT_ONCE }, listPage));
    }
    const [laterRequestMs = 0, httpMs = 0] = await inTurns(request, listPage);
    return {
      stdio: stdioMs / requestMs,
      http: httpMs / laterRequestMs,
      newHttp: newHttpMs / requestMs,
      request: requestMs,
    };
  },
} satisfies Part;
