// Serves our factory over HTTP, which is all the conformance suite speaks, and prints its address. Run by Bun.
import { createMcpHandler } from '@modelcontextprotocol/server';
import { loadConfig } from '../../src/config.ts';
import { demoFetch } from '../../src/demo/demo-fetch.ts';
import { createSequenceClient } from '../../src/sequence/client.ts';
import { createServer } from '../../src/server.ts';

const { api, timeoutMs } = loadConfig({ SEQUENCE_CLIENT_ID: 'demo', SEQUENCE_CLIENT_SECRET: 'demo' });
if ('problems' in api) throw new Error(api.problems.join(' '));
const log = () => {};
const client = createSequenceClient(api, { log, userAgent: 'conformance', fetch: demoFetch });
const handler = createMcpHandler(() => createServer({ client, timeoutMs, log }));
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => handler.fetch(request) });
process.stdout.write(`${server.url}mcp\n`);
