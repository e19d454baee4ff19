// The least that an MCP server can be: a loop over lines, by hand and without a library. It lists a tool, and answers each
// call with a page of aliases in the very form in which `list_customer_aliases` does. It runs as it is on every runtime.
import { fetchPage, onLine } from './stdin.ts';

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly arguments: Record<string, string> };
}

const FIXED: Record<string, unknown> = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'loop', version: '1' },
  },
  'tools/list': { tools: [{ name: 'list_customer_aliases', inputSchema: { type: 'object' } }] },
};

async function list(query: Record<string, string>): Promise<unknown> {
  const { items, pagination } = await fetchPage(new URLSearchParams(query).toString());
  const { after, before, totalResultSize: total } = pagination;
  const aliases = items.map(({ value, customerId, label, archivedAt, deletedAt }) => {
    const status = deletedAt ? 'deleted' : archivedAt ? 'archived' : undefined;
    return { value, customerId, label: label ?? undefined, status };
  });
  const structuredContent = { page: { count: aliases.length, total, after, before }, aliases };
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

onLine(async (line) => {
  const { id, method, params }: Message = JSON.parse(line);
  if (id === undefined) return;
  const result = FIXED[method] ?? (await list(params?.arguments ?? {}));
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
});
