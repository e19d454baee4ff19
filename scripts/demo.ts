// Shows step by step what an agent sees: a real MCP client calls the built program with its made-up customers.
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import * as z from 'zod';
import packageJson from '../package.json' with { type: 'json' };
import { layOut } from './lay-out.ts';

const { version, bin } = packageJson;
const program = bin['sequence-mcp-server'];
const COLUMNS = Math.min(80, Number(process.env['COLUMNS']) || process.stdout.columns || 80);
const MARGIN = '   ';
const coloured = process.stdout.isTTY && !process.env['NO_COLOR'];
const aPageWithMore = z.object({ page: z.object({ after: z.string() }) });
const aFound = z.object({ customerId: z.string() });

const client = new Client({ name: 'demo', version }, { versionNegotiation: { mode: 'auto' } });
let steps = 0;

// A closed stdout, as of a pager, is no failure.
process.stdout.on('error', () => process.exit());

try {
  await connect();
  const limit = 3;
  const page = await call('list_customer_aliases', {
    why: 'Browse: what identifiers are there? A small page, to begin with.',
    args: { limit },
    expects: '"value":"crm-1000"',
  });
  const { after } = aPageWithMore.parse(page).page;
  await call('list_customer_aliases', {
    why: 'Go on: the same call, with page.after of the page before.',
    args: { limit, after },
    expects: '"value":"crm-1001"',
  });
  const found = await call('find_customer_by_alias', {
    why: 'Find: whose is crm-1042? Act on found, and on nothing else.',
    args: { alias: 'crm-1042' },
    expects: '"outcome":"found"',
  });
  const { customerId } = aFound.parse(found);
  await call('list_customer_aliases', {
    why: 'The other way: which identifiers has this customer elsewhere?',
    args: { customerId },
    expects: '"value":"desk-7731"',
  });
  await call('find_customer_by_alias', {
    why: 'Any text can be an alias, such as a company name.',
    args: { alias: 'みなと 物流 5' },
    expects: '"outcome":"found"',
  });
  await call('find_customer_by_alias', {
    why: "An archived alias: once this customer's, maybe no longer.",
    args: { alias: 'crm-1017' },
    expects: '"outcome":"inactive"',
  });
  await call('find_customer_by_alias', {
    why: 'A typo: a near miss is named, without a customer to act on.',
    args: { alias: 'CRM-1042' },
    expects: '"similar":["crm-1042"]',
  });
  await call('find_customer_by_alias', {
    why: 'Unknown: only a search of all pages may say so.',
    args: { alias: 'crm-9999' },
    expects: '"outcome":"not_found"',
  });
  await call('list_customer_aliases', {
    why: 'A wrong argument: an error says what to correct.',
    args: { limit: 500 },
    expects: 'invalid_request: ',
  });
  print('Next: see "Install" in README.md to use it in your MCP host.', '', 'bold');
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await client.close();
}

async function connect(): Promise<void> {
  print('What an agent asks of this server, and the whole text that it gets.', '', 'bold');
  print('All customers are made up; JSON has line breaks and spaces added for reading.\n', '');
  tell('Connect: start the built server as a host does, and ask what it offers.', `node ${program} --demo`);
  const cli = fileURLToPath(new URL(`../${program}`, import.meta.url));
  await client.connect(new StdioClientTransport({ command: 'node', args: [cli, '--demo'] }));
  const server = client.getServerVersion();
  const { tools } = await client.listTools();
  print(`server    ${server?.name} ${server?.version}`);
  print(`protocol  ${client.getNegotiatedProtocolVersion()}`);
  for (const { name, title } of tools) print(`tool      ${name}: ${title}`);
  print('(The descriptions and schemas of the tools are left out here.)\n', MARGIN, 'dim');
}

/** Calls a tool and prints the whole text that an agent gets. Throws unless `expects` is in it. */
async function call(
  tool: string,
  { why, args, expects }: { why: string; args: Record<string, unknown>; expects: string },
): Promise<unknown> {
  tell(why, `${tool} ${JSON.stringify(args)}`);
  const { content, structuredContent, isError } = await client.callTool({ name: tool, arguments: args });
  const text = content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n');
  print(`${isError ? text : layOut(JSON.parse(text), COLUMNS - MARGIN.length)}\n`);
  if (!text.includes(expects)) throw new Error(`the answer of step ${steps} should say ${expects}`);
  return structuredContent;
}

/** The heading of a step: the question and its reason, then the call. */
function tell(why: string, how: string): void {
  steps += 1;
  print(`${steps}. ${why}`, '', 'bold');
  print(`> ${how}`, MARGIN, 'cyan');
}

/** Writes lines wrapped to the terminal's width. Continuation lines are indented by one column. */
function print(text: string, margin = MARGIN, style?: 'bold' | 'cyan' | 'dim'): void {
  for (const line of text.split('\n')) {
    const indent = margin + /^ */.exec(line)?.[0];
    const wrapped = Bun.wrapAnsi(line.trimStart(), COLUMNS - indent.length - 1, { hard: true });
    const shown = wrapped.replaceAll('\n', `\n${indent} `);
    process.stdout.write(`${shown && indent}${style && coloured ? styleText(style, shown) : shown}\n`);
  }
}
