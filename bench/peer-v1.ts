// The quick start of the SDK's v1, which most servers still use: one tool.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as z from 'zod';

const server = new McpServer({ name: 'peer', version: '1' });
const inputSchema = { alias: z.string().min(1).max(1_000), after: z.string().optional() };
server.registerTool('find', { description: 'Finds a customer.', inputSchema }, () => ({ content: [] }));
await server.connect(new StdioServerTransport());
