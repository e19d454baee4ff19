import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withDeadline } from '../../src/deadline.ts';
import { createSequence } from '../../src/sequence/client.ts';
import { type Fetch, fetchOnce } from '../../src/sequence/fetch.ts';
import { RateLimit } from '../../src/sequence/rate-limit.ts';
import type { RowReader } from '../../src/sequence/response.ts';
import { clientFor, configFor, silent } from '../support/call.ts';
import { faults, startFaults } from '../support/faults.ts';
import { startUpstream } from '../support/upstream.ts';

const PAGE = '{"items":[],"pagination":{}}';
const page = (fields = {}) => Response.json({ items: [], pagination: fields });
const clientOf = (fetch: Fetch, variables = {}) => clientFor('http://localhost', { variables, fetch });
const readId = (row: RowReader) => row.id();
const list = (client: ReturnType<typeof clientOf>, value = 'v', timeoutMs = 45_000, signal?: AbortSignal) =>
  withDeadline(timeoutMs, signal, (deadline) => client.listCustomerAliases({ limit: 1, value }, readId, deadline));

/** Settles all work that waits neither for a timer nor for a response. */
const settled = async () => {
  for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
};

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the Sequence client', () => {
  it.each([
    'silence before the headers',
    'silence in the body',
    'silence after a body of no length',
    'a body that trickles',
  ])('gives each try its limit: %s', async (name) => {
    await using upstream = await startFaults();
    const { signal } = new AbortController();
    expect(await fetchOnce(fetch, `${upstream.url}/?value=${name}`, {}, 100, signal)).toMatchObject({
      message: 'no whole response in 0.1 s',
      timedOut: true,
    });
  });

  it('recognises a refusal with an endless body', async () => {
    vi.useFakeTimers();
    let sent = 0;
    const client = clientOf(async (_, { signal }) => {
      sent++;
      const body = new ReadableStream({
        start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
      });
      return new Response(body, { status: 401 });
    });
    const call = expect(list(client)).rejects.toMatchObject({ kind: 'authentication' });
    await vi.advanceTimersByTimeAsync(10_000);
    await call;
    expect(sent).toBe(1);
  });

  it('refuses a response that is not HTTP', async () => {
    const raw = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
    await using upstream = await startUpstream(({ socket }) => void socket.write(raw));
    await expect(list(clientFor(upstream.url))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('sends no request for a call that is already aborted', async () => {
    await using upstream = await startUpstream((_, response) => response.end(PAGE));
    const client = clientFor(upstream.url);
    const cancel = new AbortController();
    const call = expect(list(client, 'v', 45_000, cancel.signal)).rejects.toBe('enough');
    cancel.abort('enough');
    await call;
    await list(client);
    expect(upstream.received).toHaveLength(1);
  });

  it('drops a redirect with an endless body', async () => {
    await using upstream = await startUpstream((_, response) => {
      response.writeHead(302, { location: '/', 'content-length': '9' }).flushHeaders();
    });
    const client = clientFor(upstream.url);
    await expect(list(client)).rejects.toMatchObject({ kind: 'unexpected_response' });
    expect(await upstream.received[0]?.aborted).toBe(true);
  });

  it('has at most 8 requests in flight, and gives each of 200 calls its own result', async () => {
    const held: (() => void)[] = [];
    const client = clientOf(
      (url) =>
        new Promise((resolve) => {
          const totalResultSize = Number(new URL(url).searchParams.get('value'));
          held.push(() => resolve(page({ totalResultSize })));
        }),
    );
    const calls = Array.from({ length: 200 }, async (_, n) => (await list(client, `${n}`)).total);
    for (let left = 200; left > 0; left -= 8) {
      await settled();
      expect(held).toHaveLength(8);
      for (const answer of held.splice(0)) answer();
    }
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('sends at most its limit in any 60 s, retries included, in order', async () => {
    vi.useFakeTimers();
    const sent: { at: number; value: string | null }[] = [];
    let failing = true;
    const client = clientOf(
      async (url) => {
        sent.push({ at: Date.now(), value: new URL(url).searchParams.get('value') });
        return failing ? new Response(null, { status: 500 }) : page();
      },
      { SEQUENCE_REQUESTS_PER_MINUTE: '5' },
    );
    const failed = list(client, 'failing').catch(() => {});
    await vi.advanceTimersByTimeAsync(20_000);
    await failed;
    failing = false;
    expect(sent).toHaveLength(3);
    const values = Array.from({ length: 12 }, (_, n) => `${n}`);
    const calls = values.map((value) => list(client, value, 500_000));
    await vi.advanceTimersByTimeAsync(300_000);
    await Promise.all(calls);
    expect(sent.slice(3).map(({ value }) => value)).toEqual(values);
    for (const { at } of sent)
      expect(sent.filter((other) => other.at >= at && other.at < at + 60_000).length).toBeLessThanOrEqual(5);
  });

  it('includes the wait for a turn in the deadline, and an aborted waiter frees its slot', async () => {
    vi.useFakeTimers();
    const sent: (string | null)[] = [];
    const client = clientOf(
      async (url) => {
        sent.push(new URL(url).searchParams.get('value'));
        return page();
      },
      { SEQUENCE_REQUESTS_PER_MINUTE: '1' },
    );
    await list(client, 'first');
    const noTurn = {
      kind: 'timeout',
      message: expect.stringMatching(
        /no turn in time: this server allows itself 1 requests a minute \(SEQUENCE_REQUESTS_PER_MINUTE\)/,
      ),
    };
    const late = expect(list(client, 'late', 1_000)).rejects.toMatchObject(noTurn);
    const cancel = new AbortController();
    const cancelled = expect(list(client, 'cancelled', 100_000, cancel.signal)).rejects.toBe('enough');
    const patient = list(client, 'patient', 100_000);
    const behind = expect(list(client, 'behind', 50_000)).rejects.toMatchObject(noTurn);
    cancel.abort('enough');
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all([late, cancelled, patient, behind]);
    expect(sent).toEqual(['first', 'patient']);
  });

  it('wastes no turn on a call that is about to end, at twice its limit', async () => {
    vi.useFakeTimers();
    let sent = 0;
    const client = clientOf(
      async (_, { signal }) => {
        sent++;
        await new Promise((resolve) => setTimeout(resolve, 400));
        signal.throwIfAborted();
        return page();
      },
      { SEQUENCE_REQUESTS_PER_MINUTE: '100' },
    );
    const calls: Promise<boolean>[] = [];
    for (let n = 0; n < 600; n++) {
      calls.push(list(client, `${n}`).then(Boolean, () => false));
      await vi.advanceTimersByTimeAsync(300);
    }
    await vi.advanceTimersByTimeAsync(60_000);
    const served = (await Promise.all(calls)).filter(Boolean).length;
    expect(served).toBe(sent);
    expect(sent).toBeGreaterThanOrEqual(300);
  });

  it('blames its own limit for a wait that no refusal explains', async () => {
    vi.useFakeTimers();
    let sent = 0;
    const client = clientOf(
      async () => (sent++ === 0 ? new Response(null, { status: 429, headers: { 'retry-after': '1' } }) : page()),
      { SEQUENCE_REQUESTS_PER_MINUTE: '2' },
    );
    const calls = Array.from({ length: 3 }, () => list(client, 'v', 40_000).catch(({ message }) => message));
    await vi.advanceTimersByTimeAsync(50_000);
    const late = (await Promise.all(calls)).filter((end) => typeof end === 'string');
    expect(late).toHaveLength(2);
    for (const message of late) expect(message).toMatch(/allows itself 2 requests a minute/);
  });

  it('blames the limit of the key for a call that ends soon after a refusal', async () => {
    vi.useFakeTimers();
    // The longest gaps between requests after a pause.
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const sent: (string | null)[] = [];
    const client = clientOf((url, { signal }) => {
      sent.push(new URL(url).searchParams.get('value'));
      if (sent.length === 1)
        return Promise.resolve(new Response(null, { status: 429, headers: { 'retry-after': '2' } }));
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const refused = list(client, 'refused', 1_500).catch(({ kind }) => kind);
    await vi.advanceTimersByTimeAsync(1);
    const calls = ['sent', 'waiting'].map((value) => list(client, value, 3_400).catch(({ kind }) => kind));
    await vi.advanceTimersByTimeAsync(3_500);
    expect(await Promise.all([refused, ...calls])).toEqual(Array.from({ length: 3 }, () => 'rate_limited'));
    // A call that gets its turn at once has only Sequence to wait for.
    const hanging = list(client, 'hanging', 900).catch(({ kind }) => kind);
    await vi.advanceTimersByTimeAsync(900);
    expect(await hanging).toBe('timeout');
    expect(sent).toEqual(['refused', 'sent', 'hanging']);
  });

  it('aborts the upstream request when the caller aborts, also during the wait for a retry', async () => {
    await using upstream = await startFaults();
    const cancel = new AbortController();
    const client = clientFor(upstream.url);
    const call = expect(list(client, 'silence in the body', 45_000, cancel.signal)).rejects.toBe('enough');
    await vi.waitUntil(() => upstream.received.length === 1);
    cancel.abort('enough');
    await call;
    expect(await upstream.received[0]?.aborted).toBe(true);

    // With this clock the wait never ends.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const again = new AbortController();
    const waiting = clientOf(async () => new Response(null, { status: 429, headers: { 'retry-after': '40' } }));
    const retrying = expect(list(waiting, 'v', 45_000, again.signal)).rejects.toBe('enough');
    await settled();
    again.abort('enough');
    await retrying;
  });

  it('times a try out after 10 s, and waits up to 0.5 s and then 1 s before a retry', async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const sent: number[] = [];
    const start = Date.now();
    const client = clientOf((_, { signal }) => {
      sent.push(Date.now() - start);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const call = expect(list(client)).rejects.toMatchObject({ kind: 'timeout' });
    await vi.advanceTimersByTimeAsync(40_000);
    await call;
    expect(sent.map((at) => Math.round(at / 100) / 10)).toEqual([0, 10.5, 21.5]);
  });

  it('leaves no timer and no listener behind', async () => {
    vi.useFakeTimers();
    const cancel = new AbortController();
    let sent = 0;
    const client = clientOf(async () => (sent++ % 2 ? page() : new Response(null, { status: 503 })));
    for (let n = 0; n < 20; n++) {
      const call = withDeadline(45_000, undefined, (deadline) =>
        client.listCustomerAliases({ limit: 1 }, readId, { ...deadline, signal: cancel.signal }),
      );
      // The longest wait before the first retry.
      await vi.advanceTimersByTimeAsync(500);
      await call;
      expect(getEventListeners(cancel.signal, 'abort')).toEqual([]);
    }
    expect(sent).toBe(40);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('treats null, absent and empty cursors alike', async () => {
    for (const cursors of [{ after: null, before: null, totalResultSize: null }, {}, { after: '', before: '' }]) {
      const read = await list(clientOf(async () => page(cursors)));
      expect([read.rows, read.cursor('after'), read.cursor('before'), read.total]).toEqual([
        [],
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('keeps the key out of every error it throws', async () => {
    await using upstream = await startFaults();
    const errors = Object.keys(faults).map((name) =>
      list(clientFor(upstream.url), name, 1_000).catch((error: unknown) => error),
    );
    for (const error of await Promise.all(errors)) {
      expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/a2V5OnNlY3JldA|authorization/i);
    }
  });

  it('sends no request while Sequence refuses the key, and resumes afterwards', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    let sent = 0;
    const client = clientOf(async () => {
      sent++;
      return performance.now() < 20_000 ? new Response('', { status: 429, headers: { 'retry-after': '20' } }) : page();
    });
    const first = list(client);
    await vi.advanceTimersByTimeAsync(1_000);
    const others = Array.from({ length: 20 }, () => list(client));
    const hasty = expect(list(client, 'v', 5_000)).rejects.toMatchObject({ kind: 'rate_limited' });
    await vi.advanceTimersByTimeAsync(15_000);
    await hasty;
    expect(sent).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all([first, ...others]);
    expect(sent).toBe(22);
  });

  it('applies a refusal to other calls for at most a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    let sent = 0;
    const client = clientOf(async () => {
      sent++;
      return sent === 1 ? new Response('', { status: 429, headers: { 'retry-after': '86400' } }) : page();
    });
    await expect(list(client)).rejects.toMatchObject({ kind: 'rate_limited' });
    await vi.advanceTimersByTimeAsync(59_000);
    const next = list(client);
    await vi.advanceTimersByTimeAsync(999);
    expect(sent).toBe(1);
    await vi.advanceTimersByTimeAsync(501);
    await next;
    expect(sent).toBe(2);
  });

  it("sends a waiting request soon after another call's refusal ends", async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const sent: number[] = [];
    const client = clientOf(async () => {
      sent.push(performance.now());
      return sent.length === 1 ? new Response('', { status: 429, headers: { 'retry-after': '40' } }) : page();
    });
    const first = list(client);
    await vi.advanceTimersByTimeAsync(30_000);
    const late = list(client, 'v', 13_000);
    await vi.advanceTimersByTimeAsync(12_000);
    await Promise.all([first, late]);
    expect(sent).toHaveLength(3);
    for (const at of sent.slice(1)) expect(at).toBeGreaterThanOrEqual((sent[0] ?? 0) + 40_000);
  });

  it('reports the length of a refusal at once, even if no slot is free', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const client = clientOf(async () => new Response('', { status: 429, headers: { 'retry-after': '40' } }));
    const waiting = Array.from({ length: 20 }, () => list(client).catch(() => {}));
    await vi.advanceTimersByTimeAsync(1);
    await expect(list(client, 'v', 30_000)).rejects.toMatchObject({
      kind: 'rate_limited',
      message: expect.stringMatching(/Try again in 40 seconds/),
    });
    await vi.advanceTimersByTimeAsync(45_000);
    await Promise.all(waiting);
  });

  it.each([-3_600_000, 3_600_000])('ignores a step of the wall clock by %i ms', async (step) => {
    vi.useFakeTimers();
    const sent: number[] = [];
    const client = clientOf(
      async () => {
        sent.push(performance.now());
        return page();
      },
      { SEQUENCE_REQUESTS_PER_MINUTE: '2' },
    );
    await Promise.all([list(client), list(client)]);
    const third = list(client, 'v', 100_000);
    vi.setSystemTime(Date.now() + step);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    await third;
    expect(sent).toHaveLength(3);
  });

  it('counts each request, retries included, against its caller’s limit', async () => {
    vi.useFakeTimers();
    const fetch = async () => new Response(null, { status: 503 });
    const platform = { runtime: 'test', fetch };
    const sequence = createSequence(configFor('http://localhost'), platform, silent);
    const caller = { name: 'caller', limit: new RateLimit(4) };
    const call = expect(list(sequence(caller))).rejects.toMatchObject({ kind: 'unavailable' });
    await vi.advanceTimersByTimeAsync(2_000);
    await call;
    const second = expect(list(sequence(caller))).rejects.toMatchObject({
      kind: 'rate_limited',
      message: expect.stringMatching(/as many requests as this endpoint allows one caller\. Try again in 5\d seconds/),
    });
    await vi.advanceTimersByTimeAsync(500);
    await second;
    const other = expect(list(sequence({ ...caller, limit: new RateLimit(4) }))).rejects.toThrow('3 tries');
    await vi.advanceTimersByTimeAsync(2_000);
    await other;
  });
});
