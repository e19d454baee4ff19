// The page before the demo's MCP, with fixed tokens, until the program itself serves it. Run by Bun; reads what `--http` reads.
import { createMcpHandler } from '@modelcontextprotocol/server';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { demoFetch } from '../src/demo/demo-fetch.ts';
import { asksForPage, createPage } from '../src/http/page.ts';
import { processPlatform } from '../src/platform/process.ts';

const { SEQUENCE_MCP_TOKENS: tokens = '', SEQUENCE_MCP_CONTACT: contact } = process.env;
const config = loadConfig({ SEQUENCE_CLIENT_ID: 'demo', SEQUENCE_CLIENT_SECRET: 'demo' });
const app = createApp(
  config,
  processPlatform(async () => demoFetch),
  () => {},
);
const handler = createMcpHandler(() => app.createServer());

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request) {
    if (asksForPage(request, new URL(request.url).pathname)) return page();
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? '';
    const isKnown = tokens === '' || tokens.endsWith(`:${new Bun.CryptoHasher('sha256').update(token).digest('hex')}`);
    return isKnown ? handler.fetch(request) : new Response(null, { status: 401 });
  },
});
const url = `${server.url}mcp`;
const page = createPage({ url, access: { tokens: tokens !== '', oauth: false }, contact, demo: true });
process.stderr.write(`Serving MCP at ${url}\n`);
