// Lists and calls both tools through the AI SDK's client, and prints what it got. Run by Bun.
import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';

const [command = '', ...args] = process.argv.slice(2);
const client = await createMCPClient({ transport: new Experimental_StdioMCPTransport({ command, args }) });
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
