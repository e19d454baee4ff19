// The trace id of a log line. The tests of each event check the other fields.
import { expect, it } from 'vitest';
import { FIND, LIST } from '../support/http-cases.ts';
import { startHttp } from '../support/http-server.ts';
import { node } from '../support/programs.ts';
import { send } from '../support/raw-http.ts';

const HEADER = 'a'.repeat(32);
const META = 'b'.repeat(32);
const traceparent = (id: string) => `00-${id}-${'1'.repeat(16)}-01`;
const inMeta = (value: string) => FIND.replace('"params":{', `"params":{"_meta":{"traceparent":"${value}"},`);

it('takes the trace of a line from `_meta`, else from the header', async () => {
  await using server = await startHttp(node, { flags: ['--demo'] });
  const lineOf = async (body: string, header: string | null) => {
    const { headers } = await send(server.url, { body, headers: { traceparent: header } });
    const id = headers['x-request-id'];
    const find = () => server.log().find((line) => line['id'] === id);
    await expect.poll(find).toBeDefined();
    return find();
  };
  expect(await lineOf(FIND, null)).not.toHaveProperty('trace');
  expect(await lineOf(FIND, traceparent(HEADER))).toMatchObject({
    trace: HEADER,
    method: 'tools/call',
    tool: 'find_customer_by_alias',
  });
  expect(await lineOf(inMeta(traceparent(META)), traceparent(HEADER))).toHaveProperty('trace', META);
  expect(await lineOf(inMeta('00-x'), traceparent(HEADER))).toHaveProperty('trace', HEADER);
  for (const wrong of ['0'.repeat(32), 'A'.repeat(32), 'a'.repeat(31)]) {
    expect(await lineOf(LIST, traceparent(wrong))).not.toHaveProperty('trace');
  }
});
