// A minimal MCP server: a hand-written loop over lines that lists a tool.
import { createInterface } from 'node:readline';

const RESULTS: Record<string, unknown> = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'loop', version: '1' },
  },
  'tools/list': { tools: [{ name: 'list_customer_aliases', inputSchema: { type: 'object' } }] },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method }: { id?: number; method: string } = JSON.parse(line);
  if (id !== undefined) process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: RESULTS[method] })}\n`);
});
