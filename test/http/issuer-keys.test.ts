// How long keys are kept, by a clock that the test turns; what is known of them over HTTP is in issuer.test.ts.
import { beforeEach, expect, it } from 'vitest';
import { createIssuerKeys, type IssuerKeys } from '../../src/http/issuer-keys.ts';

let clock: number;
let loads: number;
let isDown: boolean;
let keys: IssuerKeys;
const minutes = (count: number) => {
  clock += count * 60_000;
};

beforeEach(() => {
  [clock, loads, isDown] = [0, 0, false];
  keys = createIssuerKeys(
    async () => {
      loads++;
      if (isDown) throw new Error('down');
      return { keys: [{ kty: 'EC', kid: String(loads) }] };
    },
    () => clock,
  );
});

it('asks again after ten minutes', async () => {
  const first = await keys.current();
  minutes(9);
  expect(await keys.current()).toBe(first);
  minutes(2);
  expect(await keys.current()).not.toBe(first);
  expect(loads).toBe(2);
});

it('goes on with keys that it has for an hour, asking an issuer that is down every half minute', async () => {
  const first = await keys.current();
  isDown = true;
  minutes(11);
  for (let n = 0; n < 5; n++) expect(await keys.current()).toBe(first);
  expect(loads).toBe(2);
  minutes(1);
  expect(await keys.current()).toBe(first);
  expect(loads).toBe(3);
  minutes(50);
  await expect(keys.current()).rejects.toThrow('down');
  isDown = false;
  minutes(1);
  expect(await keys.current()).not.toBe(first);
});

it('does not hold up the holder of a good key while others load', async () => {
  const first = await keys.current();
  minutes(11);
  const [loading, waiting] = [keys.current(), keys.current()];
  expect(await waiting).toBe(first);
  expect(await loading).not.toBe(first);
});

it('asks for an unknown key every ten seconds', async () => {
  const first = await keys.current();
  const second = await keys.newerThan(first);
  expect(second).not.toBe(first);
  if (!second) throw new Error('no newer keys');
  expect(await keys.newerThan(first)).toBe(second);
  expect(await keys.newerThan(second)).toBeUndefined();
  expect(loads).toBe(2);
  clock += 10_000;
  expect(await keys.newerThan(second)).not.toBe(second);
});

it('cannot tell of an unknown key while the issuer is down', async () => {
  const first = await keys.current();
  isDown = true;
  await expect(keys.newerThan(first)).rejects.toThrow('down');
  await expect(keys.newerThan(first)).rejects.toThrow('newer keys');
  expect(loads).toBe(2);
});

it('lets another take over from a request that was cut off', async () => {
  let answer = () => {};
  let asked = 0;
  const cut = createIssuerKeys(
    () => {
      asked++;
      return new Promise((resolve) => {
        answer = () => resolve({ keys: [] });
      });
    },
    () => clock,
  );
  void cut.current();
  const waiting = cut.current();
  clock += 6_000;
  await expect.poll(() => asked).toBe(2);
  answer();
  expect(await waiting).toEqual({ keys: [] });
});
