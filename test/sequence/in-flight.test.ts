import { expect, it } from 'vitest';
import { createInFlightLimit, MAX_IN_FLIGHT } from '../../src/sequence/in-flight.ts';

const settled = () => new Promise(setImmediate);
const never = new AbortController().signal;
const atOnce = async () => {};

/** Requests by caller. Each holds its slot until the test releases it. */
function start() {
  const limit = createInFlightLimit();
  const running: { readonly name: string; readonly finish: () => void }[] = [];
  const started: string[] = [];
  return {
    started,
    names: () => running.map(({ name }) => name),
    finishFirst: () => running.shift()?.finish(),
    send: (name: string, takeTurn = atOnce, signal = never) => {
      const work = () => {
        started.push(name);
        return new Promise<void>((resolve) => void running.push({ name, finish: resolve }));
      };
      return limit(name.replace(/\d+$/, ''), takeTurn, work, signal);
    },
  };
}

it('gives the next free slot to a caller without one, whatever others hold', async () => {
  const { names, finishFirst, send } = start();
  for (let n = 0; n < 100; n++) void send(`busy${n}`);
  await settled();
  expect(names()).toHaveLength(MAX_IN_FLIGHT);
  void send('single');
  await settled();
  expect(names()).not.toContain('single');
  finishFirst();
  await settled();
  expect(names()).toContain('single');
});

it('shares the slots among callers with many requests', async () => {
  const { names, finishFirst, send } = start();
  for (let n = 0; n < 20; n++) void send(`first${n}`);
  for (let n = 0; n < 20; n++) void send(`second${n}`);
  for (let n = 0; n < MAX_IN_FLIGHT; n++) {
    finishFirst();
    await settled();
  }
  expect(names().filter((name) => name.startsWith('second')).length).toBeGreaterThanOrEqual(MAX_IN_FLIGHT / 2);
});

it('starts the oldest request of a caller first, however many come later', async () => {
  const { started, finishFirst, send } = start();
  const sent = Array.from({ length: 100 }, (_, n) => `busy${n}`);
  for (const name of sent.slice(0, 40)) void send(name);
  await settled();
  for (let ended = 0; ended < 90; ended++) {
    finishFirst();
    await settled();
    const later = sent[20 + ended];
    if (ended >= 20 && later) void send(later);
  }
  expect(started).toEqual(sent.slice(0, started.length));
  expect(started.length).toBeGreaterThan(60);
});

it('lets no caller pass another by requests that it aborts', async () => {
  const { started, finishFirst, send } = start();
  for (let n = 0; n < MAX_IN_FLIGHT; n++) void send('busy');
  for (let n = 0; n < 20; n++) {
    void send('busy');
    const cancel = new AbortController();
    const aborted = expect(send('busy', atOnce, cancel.signal)).rejects.toBe('enough');
    cancel.abort('enough');
    await aborted;
  }
  void send('single');
  finishFirst();
  await settled();
  finishFirst();
  await settled();
  expect(started.slice(MAX_IN_FLIGHT)).toContain('single');
});

it('gives requests their turns in order, one at a time', async () => {
  const { names, send } = start();
  const turns: (() => void)[] = [];
  const takeTurn = () => new Promise<void>((resolve) => void turns.push(resolve));
  for (let n = 0; n < 4; n++) void send(`caller${n}`, takeTurn);
  for (let n = 0; n < 4; n++) {
    await settled();
    expect(turns).toHaveLength(n + 1);
    turns[n]?.();
    await settled();
    expect(names()).toHaveLength(n + 1);
  }
  expect(names()).toEqual(['caller0', 'caller1', 'caller2', 'caller3']);
});

it.each(['for a slot', 'for its turn'])('removes a request that is aborted while it waits %s', async (what) => {
  const { names, finishFirst, send } = start();
  const held = what === 'for a slot' ? MAX_IN_FLIGHT : 1;
  let release = () => {};
  const turn = () => (what === 'for a slot' ? atOnce() : new Promise<void>((resolve) => (release = resolve)));
  for (let n = 0; n < held; n++) void send(`busy${n}`, turn);
  await settled();
  const cancel = new AbortController();
  const ended = expect(send('cancelled', atOnce, cancel.signal)).rejects.toBe('enough');
  void send('next');
  await settled();
  cancel.abort('enough');
  await ended;
  release();
  finishFirst();
  await settled();
  expect(names()).toContain('next');
  expect(names()).not.toContain('cancelled');
});
