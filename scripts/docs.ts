// Generates the repeated parts of documents and manifest.json: the running server's tools with results of its demo, fields of
// package.json, and the demo picture. With --check it only compares, and fails if they differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, type Tool } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import packageJson from '../package.json' with { type: 'json' };
import { ascii, cursorLink } from '../src/http/page/clients.ts';
import { layOut } from './lay-out.ts';
import { drawDemo } from './picture.ts';

/**
 * Calls for docs/TOOLS.md, with results from the demo account. README.md shows the first one on its first screen, and the
 * last one of each tool.
 */
const EXAMPLES: Record<string, object[]> = {
  find_customer_by_alias: [{ alias: 'crm-1042' }, { alias: 'crm-1017' }, { alias: 'CRM-1042' }],
  list_customer_aliases: [
    { value: 'ws_', limit: 2 },
    { value: 'crm-1017', detail: 'full' },
    { customerId: '01846922-d000-7efb-aee7-0000000f426a' },
  ],
};

/** The package's name in snippets, until it is on npm. */
const PACKED = `${packageJson.name}@/path/to/${packageJson.name}-${packageJson.version}.tgz`;

/** Columns of a code block on GitHub. */
const COLUMNS = 116;

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A host's configuration file for README.md. */
interface Snippet {
  readonly mcpServers?: Record<string, object>;
  readonly servers?: Record<string, object>;
  readonly inputs?: readonly object[];
}

const client = new Client({ name: 'docs', version: '0' });
await client.connect(
  new StdioClientTransport({ command: process.execPath, args: [at(packageJson.bin['sequence-mcp-server']), '--demo'] }),
);
const { tools } = await client.listTools();
const exchanges = new Map<string, string[]>();
for (const { name } of tools) {
  exchanges.set(name, await Promise.all((EXAMPLES[name] ?? []).map((args) => exchange(name, args))));
}
await client.close();

const files = {
  'README.md': fill('README.md', {
    exchange: [...exchanges.values()].flat()[0] ?? '',
    tools: tools.map(summary).join(''),
  }),
  'docs/INSTALL.md': fill('docs/INSTALL.md', { install: installLinks() }),
  'docs/TOOLS.md': fill('docs/TOOLS.md', { tools: tools.map(reference).join('') }),
  'docs/WORKERS.md': fill('docs/WORKERS.md'),
  'deploy/container/Dockerfile': fill('deploy/container/Dockerfile'),
  'deploy/kubernetes/endpoint.yaml': fill('deploy/kubernetes/endpoint.yaml'),
  'manifest.json': manifest(),
  'docs/demo.svg': await drawDemo(),
};
for (const [path, text] of Object.entries(files)) {
  if (process.argv.includes('--check')) {
    if (normal(path, readFileSync(at(path), 'utf8')) === normal(path, text)) continue;
    process.stderr.write(`${path} is not what the server says; run: npm run docs\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(at(path), text);
  }
}

/** Compares only a file's content, since the formatter lays JSON out in its own way. */
function normal(path: string, text: string): string {
  return path.endsWith('.json') ? JSON.stringify(JSON.parse(text)) : text;
}

/** A file with new text between each pair of markers, `<!-- name -->` and `<!-- /name -->`, and our version. */
function fill(path: string, sections: Record<string, string> = {}): string {
  return Object.entries(sections).reduce(
    (text, [name, section]) => {
      const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
      const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)];
      if (from < start.length || to < from) throw new Error(`${path} has no markers for ${name}.`);
      return `${text.slice(0, from)}${section}${text.slice(to)}`;
    },
    withVersion(readFileSync(at(path), 'utf8')),
  );
}

/** The version in names of packages and images. */
function withVersion(text: string): string {
  return text.replace(
    /(?<=sequence-mcp-server[-:]|VERSION=)\d+\.\d+\.\d+(?:-[\w.]+\w)?(?=\.tgz|\.mcpb|\s)/g,
    packageJson.version,
  );
}

/** One-click links for the published package, otherwise like README.md's snippets for Cursor and VS Code. */
function installLinks(): string {
  const readme = fill('README.md').replaceAll(PACKED, `${packageJson.name}@latest`);
  const snippets: Snippet[] = [...readme.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = '']) => JSON.parse(json));
  const cursor = snippets.find(({ mcpServers }) => mcpServers)?.mcpServers ?? {};
  const { servers: vsCode = {}, inputs = [] } = snippets.find(({ servers }) => servers) ?? {};
  const links = [
    ...Object.entries(cursor).map(([name, config]) => `[Add to Cursor](${onPage(cursorLink(name, config))})`),
    ...Object.entries(vsCode).map(([name, config]) => `[Add to VS Code](${vsCodeRedirect(name, config, inputs)})`),
  ];
  return `${links.join(' · ')}\n`;
}

/** GitHub removes links with an application's own scheme, so the vendor's web page redirects to them. */
function onPage(link: string): string {
  return link.replace('cursor://anysphere.cursor-deeplink/mcp/install', 'https://cursor.com/en/install-mcp');
}

function vsCodeRedirect(name: string, config: object, inputs: readonly object[]): string {
  const query = Object.entries({ ...(inputs.length > 0 && { inputs }), config })
    .map(([key, value]) => `&${key}=${encodeURIComponent(ascii(value))}`)
    .join('');
  return `https://vscode.dev/redirect/mcp/install?name=${encodeURIComponent(name)}${query}`;
}

function manifest(): string {
  const { name, version, description, license, keywords } = packageJson;
  const facts = { name, version, description, license, keywords };
  const named = tools.map((tool) => ({ name: tool.name, description: tool.description }));
  return `${JSON.stringify({ ...JSON.parse(readFileSync(at('manifest.json'), 'utf8')), ...facts, tools: named }, null, 2)}\n`;
}

/** The first sentence of a description, for people. */
function summary({ name, description = '' }: Tool): string {
  const [sentence] = description.split(/(?<=\.) /);
  return `### \`${name}\`\n\n${sentence}\n\n${exchanges.get(name)?.at(-1) ?? ''}`;
}

function reference({ name, description, inputSchema }: Tool): string {
  const rows = Object.entries(inputSchema.properties ?? {}).map(([argument, schema]) => {
    const required = inputSchema.required?.includes(argument) ? '' : ', optional';
    const { description = '', ...rest }: JsonSchema = Object(schema);
    return `| \`${argument}\`${required} | ${typeOf(rest)} | ${description} |\n`;
  });
  return [
    `## \`${name}\`\n\n${description}\n\n`,
    `| input | type | |\n|---|---|---|\n${rows.join('')}\n`,
    ...(exchanges.get(name) ?? []),
  ].join('');
}

/** A call and its result, formatted for a reader; a model gets it without the white space. */
async function exchange(name: string, args: object): Promise<string> {
  const { content, structuredContent } = await client.callTool({ name, arguments: { ...args } });
  if (!structuredContent) throw new Error(`An example of ${name} fails: ${JSON.stringify(content)}`);
  return `\`\`\`jsonc\n// ${name} ${JSON.stringify(args)}\n${layOut(structuredContent, COLUMNS)}\n\`\`\`\n\n`;
}

function typeOf({ type, enum: values, minLength, maxLength, minimum, maximum }: JsonSchema): string {
  if (values) return values.map((value) => `\`${value}\``).join(' or ');
  if (maximum !== undefined) return `${type}, ${minimum} to ${maximum}`;
  return maxLength === undefined ? `${type}` : `${type}, ${minLength ?? 0} to ${maxLength} characters`;
}
