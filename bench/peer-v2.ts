// The quick start of the SDK's current version: one tool.
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

serveStdio(() => {
  const server = new McpServer({ name: 'peer', version: '1' });
  const inputSchema = z.object({ alias: z.string().min(1).max(1_000), after: z.string().optional() });
  server.registerTool('find', { description: 'Finds a customer.', inputSchema }, () => ({ content: [] }));
  return server;
});
