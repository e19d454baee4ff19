// A Sequence API on loopback: two accounts, `/small` and `/large`, each page kept as the bytes it was first answered
// with, so that it is never what a measurement waits for. `/requests` says how many pages were asked for.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDemoAliases } from '../src/demo/customers.ts';
import { createSequenceApi } from '../src/demo/sequence-api.ts';

const LARGE = 100_000;
const HEADERS = { authorization: 'Basic YmVuY2g6YmVuY2g=' };

const demo = createDemoAliases();
const large = Array.from({ length: Math.ceil(LARGE / demo.length) }, (_, copy) =>
  demo.map((alias, index) => ({
    ...alias,
    id: `${(copy * demo.length + index).toString(16).padStart(8, '0')}-0000-7000-a000-000000000000`,
    value: `${alias.value}.${copy}`,
  })),
).flat();
const apis = {
  small: createSequenceApi({ aliases: demo }),
  large: createSequenceApi({ aliases: large.slice(0, LARGE) }),
};

const pages = new Map<string, Buffer>();
async function page(path: string): Promise<Buffer> {
  const kept = pages.get(path);
  if (kept) return kept;
  const api = path.startsWith('/large/') ? apis.large : apis.small;
  const response = api(new Request(`http://upstream${path}`, { headers: HEADERS }));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const body = Buffer.from(await response.arrayBuffer());
  pages.set(path, body);
  return body;
}

let requests = 0;
const server = createServer({ keepAlive: true }, async ({ url = '' }, response) => {
  if (url === '/requests') return void response.end(String(requests));
  requests++;
  const body = await page(url);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
server.keepAliveTimeout = 60_000;

// The walk's pages are made before it starts: finding each one takes longer the further down it is.
let after: string | undefined;
do {
  const query = new URLSearchParams({ limit: '100', ...(after && { after }) });
  after = JSON.parse((await page(`/large/customer-aliases?${query}`)).toString()).pagination.after;
} while (after);

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().on('end', () => process.exit());
