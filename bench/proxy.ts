// The least that an endpoint over HTTP can be: to each request it fetches the page of 25 and passes it on. It knows no MCP,
// checks nothing, and runs as it is on every runtime.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const headers = {
  authorization: 'Basic YmVuY2g6YmVuY2g=',
  'sequence-version': '2024-07-30',
  accept: 'application/json',
};

const server = createServer((incoming, outgoing) => {
  incoming.resume().on('end', async () => {
    const page = await fetch(`${process.argv[2]}/customer-aliases?limit=25`, { headers });
    const body = Buffer.from(await page.arrayBuffer());
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`Serving MCP at http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp\n`);
});
