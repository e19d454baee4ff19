// Lists and calls both tools through the AI SDK's client, and prints the results. Runs on Bun.
import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';

// A command line, or the endpoint's URL and a token.
const [first = '', ...rest] = process.argv.slice(2);
const headers = { authorization: `Bearer ${rest[0]}` };
const client = await createMCPClient({
  transport: first.startsWith('http:')
    ? { type: 'http', url: first, headers }
    : new Experimental_StdioMCPTransport({ command: first, args: rest }),
});
const tools = await client.tools();
const call = async (name: string, input: object) =>
  tools[name]?.execute(input, { toolCallId: name, messages: [], context: undefined });
const answers = {
  tools: Object.keys(tools),
  found: await call('find_customer_by_alias', { alias: 'crm-1042' }),
  page: await call('list_customer_aliases', { limit: 2 }),
};
await client.close();
process.stdout.write(JSON.stringify(answers));
