// Lists and calls both tools through LangChain's adapters, and prints the results. Runs on Bun.
import { MultiServerMCPClient } from '@langchain/mcp-adapters';

// A command line, or the endpoint's URL and a token.
const [first = '', ...rest] = process.argv.slice(2);
const headers = { authorization: `Bearer ${rest[0]}` };
const client = new MultiServerMCPClient({
  mcpServers: {
    sequence: first.startsWith('http:')
      ? { transport: 'http', url: first, headers }
      : { transport: 'stdio', command: first, args: rest },
  },
});
const tools = await client.getTools();
const call = async (name: string, input: object) => tools.find((tool) => tool.name === name)?.invoke(input);
const answers = {
  tools: tools.map(({ name }) => name),
  found: await call('find_customer_by_alias', { alias: 'crm-1042' }),
  page: await call('list_customer_aliases', { limit: 2 }),
};
await client.close();
process.stdout.write(JSON.stringify(answers));
