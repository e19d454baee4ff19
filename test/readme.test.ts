// README.md is held against the code, and every snippet in it is started.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import toolsOfManifest from '../manifest.json' with { type: 'json' };
import packageJson from '../package.json' with { type: 'json' };
import { loadConfig, VARIABLES, type Variable } from '../src/config.ts';
import { HTTP_VARIABLES } from '../src/http/config.ts';
import { findCustomerByAlias } from '../src/tools/find-customer-by-alias.ts';
import { readInstallLink } from './support/install-links.ts';
import { ANSWERS, freshMachine } from './support/machine.ts';
import { serveSequence } from './support/sequence.ts';

const machine = await freshMachine();
const readme = readFileSync('README.md', 'utf8');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);
const section = (heading: string) => readme.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
/** Cells of the rows of all tables in a text, heads left out. */
const rows = (text: string) =>
  [...text.matchAll(/^\|(?:---\|)+\n((?:\|.*\|\n)*)/gm)]
    .flatMap(([, body = '']) => body.trimEnd().split('\n'))
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
const names = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

interface Snippet {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

const key = { SEQUENCE_CLIENT_ID: 'your-client-id', SEQUENCE_CLIENT_SECRET: 'your-client-secret' };

/** Starts a snippet as its host does, but for its host name, and expects the answers of a server that got the key. */
async function start({ command, args, env = key }: Snippet): Promise<void> {
  await using sequence = await serveSequence();
  const [program = '', ...rest] = [command, ...args]
    .join('\n')
    .replace(/^cmd\n\/c\n/, '')
    .replaceAll('/path/to/sequence-mcp-server', process.cwd())
    .replaceAll('eu.sequencehq.com', sequence.host)
    .split('\n');
  const filledIn = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replace(/\$\{input:sequence-(\w+)\}/, 'your-client-$1')]),
  );
  const override = { SEQUENCE_API_URL: `http://${sequence.host}` };

  expect(await machine.ask(program, rest, { ...filledIn, ...override })).toEqual(ANSWERS);
  expect(sequence.credentials()).toEqual(['your-client-id:your-client-secret']);
}

/** How hosts take a server on a command line: its name before the variables, or after them. */
const ADD_COMMANDS = [
  /^(?:claude|codex|copilot|opencode) mcp add sequence(?<env>(?: --env \w+=\S+)+) -- (?<commandLine>.+)$/,
  /^(?:gemini|qwen) mcp add --scope user(?<env>(?: --env \w+=\S+)+) sequence (?<commandLine>.+)$/,
];

function parseAddCommand(line: string): Snippet[] {
  const groups = ADD_COMMANDS.map((form) => line.match(form)?.groups).find((found) => found);
  if (!groups) return [];
  const [command = '', ...args] = groups['commandLine']?.split(' ') ?? [];
  const env = [...(groups['env']?.matchAll(/(\w+)=(\S+)/g) ?? [])].map(([, ...pair]) => pair);
  return [{ command, args, env: Object.fromEntries(env) }];
}

const json = blocks('json').map((text) => JSON.parse(text));
const lines = blocks('sh').flatMap((text) => text.trim().split('\n'));
const snippets: (readonly [string, Snippet])[] = [
  ...json
    .flatMap((value): Snippet[] => Object.values(value.mcpServers ?? value.servers ?? { value }))
    // Those of an endpoint start nothing; `http/snippets.test.ts` has them.
    .filter(({ command }) => command !== undefined)
    .map((snippet) => [[snippet.command, ...snippet.args].join(' '), snippet] as const),
  ...lines.flatMap((line) => parseAddCommand(line).map((snippet) => [line, snippet] as const)),
];

test.each(snippets)('starts: %s', { timeout: 60_000 }, async (_, snippet) => start(snippet));

const links = [...readme.matchAll(/\]\((https:[^)]+)\)/g)].flatMap(([, href = '']) => readInstallLink(href) ?? []);

test.each(links.map((link) => [link.host, link] as const))(
  'starts with one click: %s',
  { timeout: 60_000 },
  async (_, { name, config: { command = '', args = [], env }, inputs }) => {
    expect(name).toBe('sequence');
    const asked = [...JSON.stringify(env).matchAll(/\$\{input:([\w-]+)\}/g)].map(([, id]) => id);
    expect(inputs.map(({ id }) => id)).toEqual(asked);
    await start({ command, args, ...(env && { env }) });
  },
);

test('has a link for each host with one click', () => {
  expect(links.map(({ host }) => host)).toEqual(['Cursor', 'VS Code']);
});

test('every other line of shell works', { timeout: 60_000 }, async () => {
  for (const line of lines.filter((candidate) => parseAddCommand(candidate).length === 0)) {
    if (line.includes(' https://mcp.example.com/mcp ')) continue;
    if (/^(?:npm (?:ci|test|run [\w:-]+)(?: && |$))+/.test(line)) {
      for (const [, script] of line.matchAll(/npm run (\S+)/g))
        expect(packageJson.scripts).toHaveProperty([script ?? '']);
    } else {
      // Without a key, the two that need one say so.
      const [, flag = ''] = /^bunx sequence-mcp-server (--\S+)/.exec(line) ?? [];
      const { code, stdout, stderr } = await machine.run(line);
      const says = { '--check': 'Not configured', '--http': 'SEQUENCE_CLIENT_ID is not set', '--new-token': 'smcp_' }[
        flag
      ];
      expect({ code, says: stdout + stderr }).toEqual({
        code: flag === '--new-token' ? 0 : 1,
        says: expect.stringContaining(says ?? line),
      });
    }
  }
});

test('README.md, manifest.json and the picture of the demo repeat what the running server says', async () => {
  await promisify(execFile)('node_modules/.bin/bun', ['scripts/docs.ts', '--check']);
  expect(toolsOfManifest.tools.map(({ name }) => name)).toEqual(ANSWERS.tools);
});

test('names every variable with its default, and the host of every environment', () => {
  const defaultsOf = (variables: Readonly<Record<string, Variable>>) =>
    Object.entries(variables).map(([name, { unset }]) => [name, unset]);
  const variablesIn = (text: string, heading: string) =>
    rows(text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '').map(([variable, unset]) => [
      ...names(variable),
      names(unset)[0],
    ]);
  const expected = defaultsOf(VARIABLES);
  expect(variablesIn(readme, 'Configuration')).toEqual(expected);
  const ofHttp = defaultsOf(HTTP_VARIABLES);
  expect(variablesIn(readme, 'For a team')).toEqual(ofHttp);
  expect(variablesIn(readFileSync('docs/HOSTING.md', 'utf8'), 'Variables')).toEqual(ofHttp);
  for (const SEQUENCE_ENVIRONMENT of ['production', 'sandbox', 'dev']) {
    const { api } = loadConfig({ ...key, SEQUENCE_ENVIRONMENT });
    expect(section('Installing')).toContain(new URL('url' in api ? api.url : '').host);
  }
});

test('names every kind of error, every outcome and every dependency', () => {
  const kinds =
    readFileSync('src/errors.ts', 'utf8')
      .match(/type ErrorKind =([^;]*)/)?.[1]
      ?.match(/\w+/g) ?? [];
  const errors = rows(section('What can go wrong')).map(([cell]) => names(cell)[0]);
  expect(errors.slice(0, kinds.length + 1)).toEqual([...kinds, 'internal_error']);

  const outcomes = rows(section('Tools').split('### Outcomes')[1] ?? '').map(([cell]) => names(cell)[0]);
  const { outcome } = findCustomerByAlias.output.toJSONSchema().properties as Record<string, { enum: string[] }>;
  expect(outcomes).toEqual(outcome?.enum);

  const dependencies = rows(section('Dependencies')).flatMap(([cell]) => names(cell));
  expect(dependencies.sort()).toEqual(Object.keys(packageJson.devDependencies).sort());
});

test('says which Node it needs', () => {
  expect(readme).toContain(`Node.js ${packageJson.engines.node.replace('>=', '')} or later`);
});

test('links to headings and files that exist', () => {
  const anchors = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const [, target = ''] of readme.matchAll(/\]\((?!https)([^)]+)\)/g)) {
    if (target.startsWith('#')) expect(anchors).toContain(target.slice(1));
    else expect(readFileSync(target.replace(/#.*/, ''), 'utf8')).not.toBe('');
  }
});
