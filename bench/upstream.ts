// A Sequence API on loopback with three accounts: `/small`, `/large`, and `/slow`, which is the small one after 100 ms. Each
// page is kept as it was first answered, so that it is never what a measurement waits for. `/requests` says how many pages
// were asked for.
import { setTimeout } from 'node:timers/promises';
import { createDemoAliases } from '../src/demo/customers.ts';
import { createSequenceApi } from '../src/demo/sequence-api.ts';
import { type Answer, answerOf, listen, send } from '../test/support/upstream.ts';

const LARGE = 100_000;
const SLOW_MS = 100;

const demo = createDemoAliases();
const large = Array.from({ length: Math.ceil(LARGE / demo.length) }, (_, copy) =>
  demo.map((alias, index) => ({
    ...alias,
    id: `${(copy * demo.length + index).toString(16).padStart(8, '0')}-0000-7000-a000-000000000000`,
    value: `${alias.value}.${copy}`,
  })),
).flat();
const small = createSequenceApi({ aliases: demo });
const accounts: Record<string, typeof small> = {
  small,
  slow: small,
  large: createSequenceApi({ aliases: large.slice(0, LARGE) }),
};

const kept = new Map<string, Answer>();
async function pageAt(url: string): Promise<Answer> {
  const [, account = ''] = url.split('/');
  const api = accounts[account];
  const page =
    kept.get(url) ?? (api && (await answerOf(api, { url, headers: { authorization: 'Basic YmVuY2g6YmVuY2g=' } })));
  if (page?.status !== 200) throw new Error(`There is no page at ${url}`);
  kept.set(url, page);
  return page;
}

// The walk's pages are made before it starts: finding each one takes longer the further down it is.
let after: string | undefined;
do {
  const query = new URLSearchParams({ limit: '100', ...(after && { after }) });
  after = JSON.parse((await pageAt(`/large/customer-aliases?${query}`)).body.toString()).pagination.after;
} while (after);

let requests = 0;
const { url } = await listen(async ({ url = '' }, response) => {
  if (url === '/requests') return void response.end(String(requests));
  requests++;
  if (url.startsWith('/slow/')) await setTimeout(SLOW_MS);
  send(response, await pageAt(url));
});
process.stdout.write(`${url}\n`);
process.stdin.resume().on('end', () => process.exit());
