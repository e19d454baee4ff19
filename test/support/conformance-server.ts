// Serves our factory over HTTP, which is all the conformance suite speaks, and prints its address. Run by Bun.
import { createMcpHandler } from '@modelcontextprotocol/server';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { demoFetch } from '../../src/demo/demo-fetch.ts';
import { processPlatform } from '../../src/platform/process.ts';

const config = loadConfig({ SEQUENCE_CLIENT_ID: 'demo', SEQUENCE_CLIENT_SECRET: 'demo' });
const app = createApp(
  config,
  processPlatform(async () => demoFetch),
  () => {},
);
const handler = createMcpHandler(() => app.createServer());
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => handler.fetch(request) });
process.stdout.write(`${server.url}mcp\n`);
