// Compares the documents with the code, and runs every snippet in README.md and docs/INSTALL.md.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import toolsOfManifest from '../manifest.json' with { type: 'json' };
import packageJson from '../package.json' with { type: 'json' };
import { loadConfig, VARIABLES, type Variable } from '../src/config.ts';
import { HTTP_VARIABLES } from '../src/http/config.ts';
import { findCustomerByAlias } from '../src/tools/find-customer-by-alias.ts';
import { readInstallLink } from './support/install-links.ts';
import { ANSWERS, freshMachine } from './support/machine.ts';
import { at } from './support/programs.ts';
import { serveSequence } from './support/sequence.ts';

const machine = await freshMachine();
const PATHS = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'AGENTS.md', 'CHANGELOG.md'].concat(
  readdirSync(at('docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
);
const documents = new Map(PATHS.map((path) => [path, readFileSync(at(path), 'utf8')]));
const document = (path: string) => documents.get(path) ?? expect.fail(`there is no ${path}`);
const readme = document('README.md');
const install = document('docs/INSTALL.md');

const blocks = (language: string, ...texts: string[]) =>
  texts.flatMap((text) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block),
  );
const section = (text: string, heading: string) => text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
/** Cells of the rows of all tables in a text, without the headings. */
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

const emptyFolder = join(machine.folder, 'empty');
mkdirSync(emptyFolder);

/** Fills in a snippet: the paths of the package and of the clone, and a key. */
const fillIn = (text: string) =>
  text
    .replaceAll(/\/path\/to\/sequence-mcp-server-[\d.]+\.tgz/g, machine.packed.tarball)
    .replaceAll('/path/to/sequence-mcp-server', at('').replace(/\/$/, ''))
    .replaceAll('/path/to/empty-folder', emptyFolder)
    .replaceAll(/\$\{input:sequence-(\w+)\}|your-client-(\w+)/g, 'given-$1$2');

/** Starts a snippet like its host does, with another host name, and expects the results of a server that got the key. */
async function start({ command, args, env = key }: Snippet): Promise<void> {
  await using sequence = await serveSequence();
  const [program = '', ...rest] = fillIn([command, ...args].join('\n'))
    .replace(/^cmd\n\/c\n/, '')
    .replace('--allow-env=SEQUENCE_*', '--allow-env=SEQUENCE_*,NO_PROXY')
    .replaceAll('eu.sequencehq.com', sequence.host)
    .split('\n');
  const override = { SEQUENCE_API_URL: `http://${sequence.host}`, NO_PROXY: '127.0.0.1' };

  expect(await machine.ask(program, rest, { ...JSON.parse(fillIn(JSON.stringify(env))), ...override })).toEqual(
    ANSWERS,
  );
  expect(sequence.credentials()).toEqual(['given-id:given-secret']);
}

/** Hosts' command lines for adding a server: its name before the variables, or after them. */
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

const json = blocks('json', readme, install).map((text) => JSON.parse(text));
const linesOf = (...texts: string[]) => blocks('sh', ...texts).flatMap((text) => text.trim().split('\n'));
const lines = [...new Set(linesOf(readme, install))];
/** The line of each launcher, as a host's `command` and `args`. */
const launchers = rows(section(install, 'Launchers')).flatMap(([, , cell]): Snippet[] => {
  const [command = '', ...args] = names(cell)[0]?.split(' ') ?? [];
  return command ? [{ command, args }] : [];
});
const snippets: (readonly [string, Snippet])[] = [
  ...json
    .flatMap((value): Snippet[] => Object.values(value.mcpServers ?? value.servers ?? {}))
    // Snippets of an endpoint start no process; `http/snippets.test.ts` tests them.
    .filter(({ command }) => command !== undefined),
  ...launchers,
].map((snippet) => [[snippet.command, ...snippet.args].join(' '), snippet] as const);
snippets.push(...lines.flatMap((line) => parseAddCommand(line).map((snippet) => [line, snippet] as const)));

test('finds every launcher', () => {
  expect(launchers).toHaveLength(13);
});

test.each(snippets)('starts: %s', { timeout: 60_000 }, async (_, snippet) => start(snippet));

const links = [...install.matchAll(/\]\((https:[^)]+)\)/g)].flatMap(([, href = '']) => readInstallLink(href) ?? []);

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

/** The output of each way to run the program without a key. */
const SAYS: Record<string, string> = {
  '--check': 'Not configured',
  '--http': 'SEQUENCE_CLIENT_ID is not set',
  '--http --check': 'SEQUENCE_CLIENT_ID is not set',
  '--new-token support-bot': 'smcp_',
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = Object(server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('every other shell line works', { timeout: 120_000 }, async () => {
  const prefix = join(machine.folder, 'global');
  const env = { npm_config_prefix: prefix, PATH: `${prefix}/bin:${machine.env['PATH']}` };
  const others = [...lines, ...linesOf(document('docs/HOSTING.md'), document('docs/WORKERS.md'))]
    .filter((line) => parseAddCommand(line).length === 0)
    // `http/snippets.test.ts` tests those of an endpoint, and `fleet/log.test.ts` those of jq.
    .filter((line) => !/^\w+ mcp add .*https:/.test(line) && !line.startsWith('jq '))
    // Needs an account at Cloudflare; `worker/deploy.test.ts` starts the deployed files.
    .filter((line) => !line.startsWith('npx wrangler '));
  for (const line of others) {
    if (/^(?:npm (?:ci|test|run [\w:-]+)(?: && |$))+/.test(line)) {
      for (const [, script] of line.matchAll(/npm run (\S+)/g))
        expect(packageJson.scripts).toHaveProperty([script ?? '']);
      continue;
    }
    const filled = fillIn(line).replace(/(--allow-env=\S+)/, "'$1'");
    const { code, stdout, stderr } = await machine.run(filled, env);
    if (line.startsWith('npm install ')) {
      expect({ line, code }).toEqual({ line, code: 0 });
      continue;
    }
    const [, flags = ''] = /sequence-mcp-server(?:@\S+)? (--\w.*)$/.exec(line) ?? [];
    expect({ line, code, says: stdout + stderr }).toEqual({
      line,
      code: flags.startsWith('--new-token') ? 0 : 1,
      says: expect.stringContaining(SAYS[flags] ?? expect.fail(`${line} is of no known kind`)),
    });
    if (flags !== '--http') continue;
    // Without a key it exits before it listens, for which Deno needs a permission.
    const PORT = String(await freePort());
    const listening = await machine.run(`${filled.replace(':8080', `:${PORT}`)} --demo --check`, { ...env, PORT });
    expect({ line, says: listening.stdout + listening.stderr }).toEqual({
      line,
      says: expect.stringContaining(`listening on 127.0.0.1:${PORT}`),
    });
  }
});

test('documents, manifest.json and the demo picture match the running server', async () => {
  await promisify(execFile)('node_modules/.bin/bun', ['scripts/docs.ts', '--check']);
  expect(toolsOfManifest.tools.map(({ name }) => name)).toEqual(ANSWERS.tools);
});

test('names every variable with its default, and the host of every environment', () => {
  const defaultsOf = (variables: Readonly<Record<string, Variable>>) =>
    Object.entries(variables).map(([name, variable]) => [name, variable.default]);
  const variablesIn = (text: string, heading: string) =>
    rows(section(text, heading)).map(([variable, fallback]) => [...names(variable), names(fallback)[0]]);
  expect(variablesIn(readme, 'Configuration')).toEqual(defaultsOf(VARIABLES));
  expect(variablesIn(document('docs/HOSTING.md'), 'Variables')).toEqual(defaultsOf(HTTP_VARIABLES));
  for (const SEQUENCE_ENVIRONMENT of ['production', 'sandbox', 'dev']) {
    const { api } = loadConfig({ ...JSON.parse(fillIn(JSON.stringify(key))), SEQUENCE_ENVIRONMENT });
    expect(section(install, 'Launchers')).toContain(new URL('url' in api ? api.url : '').host);
  }
});

test('names every kind of error, every outcome and every dependency', () => {
  const kinds =
    readFileSync('src/errors.ts', 'utf8')
      .match(/type ErrorKind =([^;]*)/)?.[1]
      ?.match(/\w+/g) ?? [];
  const errors = rows(section(readme, 'What can go wrong')).map(([cell]) => names(cell)[0]);
  expect(errors.slice(0, kinds.length + 1)).toEqual([...kinds, 'internal_error']);

  const outcomes = rows(section(readme, 'Tools').split('### Outcomes')[1] ?? '').map(([cell]) => names(cell)[0]);
  const { outcome } = findCustomerByAlias.output.toJSONSchema().properties as Record<string, { enum: string[] }>;
  expect(outcomes).toEqual(outcome?.enum);

  const dependencies = rows(document('docs/DEPENDENCIES.md')).flatMap(([cell]) => names(cell));
  expect(dependencies.sort()).toEqual(Object.keys(packageJson.devDependencies).sort());
});

test('states the required Node version', () => {
  expect(readme).toContain(`Node.js ${packageJson.engines.node.replace('>=', '')} or later`);
});

const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

test.each(PATHS)('%s links to headings and files that exist', (path) => {
  for (const [, target = ''] of document(path).matchAll(/\]\((?!https)([^)\s]+)\)/g)) {
    const [file = '', anchor] = target.split('#');
    const text = readFileSync(at(file === '' ? path : join(dirname(path), file)), 'utf8');
    expect(text, target).not.toBe('');
    if (anchor !== undefined) expect(anchorsOf(text), target).toContain(anchor);
  }
});

/** It describes past versions, so it may name deleted files. */
const CURRENT = PATHS.filter((path) => path !== 'CHANGELOG.md');

test.each(CURRENT)('%s names files and scripts that exist', (path) => {
  const files = new Set(['src', 'test', 'scripts', 'docs', 'deploy', 'bench'].flatMap((folder) => pathsIn(folder)));
  const words = [...document(path).matchAll(/`([^`\s]+)`/g)].map(([, word = '']) => word.replace(/\/$/, ''));
  for (const word of words) {
    if (/^(?:src|test|scripts|docs|deploy|bench)\/[\w./-]+$/.test(word)) expect(files, word).toContain(word);
    // SECURITY.md omits the folder.
    else if (word.endsWith('.test.ts')) expect(files, word).toContain(`test/${word}`);
  }
  for (const [, script = ''] of document(path).matchAll(/`npm run (?:-s )?(\w[\w:-]*)/g)) {
    expect(packageJson.scripts).toHaveProperty([script]);
  }
});

function pathsIn(folder: string): string[] {
  const inside = readdirSync(at(folder), { recursive: true, encoding: 'utf8' });
  return [folder, ...inside.map((path) => join(folder, path))];
}

test('README.md and AGENTS.md are short', () => {
  expect(readme.split('\n').length - 1).toBeLessThanOrEqual(250);
  expect(document('AGENTS.md').split('\n').length - 1).toBeLessThanOrEqual(40);
});
