// The bundle for Claude Desktop, unpacked and started like Desktop does.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { getMcpConfigForManifest } from '@anthropic-ai/mcpb/node';
import { expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { VARIABLES } from '../src/config.ts';
import { ANSWERS, filesIn, freshMachine } from './support/machine.ts';
import { serveSequence } from './support/sequence.ts';

const machine = await freshMachine();
const bundle = join(machine.folder, 'server.mcpb');
const unpacked = join(machine.folder, 'extension');
const printed = execFileSync('node_modules/.bin/bun', ['scripts/bundle.ts', bundle], { encoding: 'utf8' });
execFileSync('node_modules/.bin/mcpb', ['unpack', bundle, unpacked]);
const manifest = JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8'));

/** The command that Desktop would start for these settings, from the vendor's own code. */
const launch = async (userConfig: Record<string, string>) => {
  const config = await getMcpConfigForManifest({
    manifest,
    extensionPath: unpacked,
    systemDirs: {},
    userConfig,
    pathSeparator: sep,
  });
  if (!config) throw new Error('Desktop would not start this');
  return { command: config.command, args: config.args ?? [], env: config.env ?? {} };
};

test('is at the path that the script prints last', () => {
  expect(printed.trimEnd().split('\n').at(-1)).toBe(bundle);
});

test('is valid, and holds only the files that it needs', () => {
  // Exits with an error unless the manifest and its icon are valid.
  execFileSync('node_modules/.bin/mcpb', ['validate', unpacked]);
  const program = filesIn('dist').flatMap((file) => (file === 'worker.js' ? [] : [`dist/${file}`]));
  expect(filesIn(unpacked)).toEqual(['LICENSE', 'assets/icon.png', ...program, 'manifest.json', 'package.json']);
});

const key = { client_id: 'id-1', client_secret: 'secret-1' };

test.each([
  ['left out', key],
  ['sandbox', { ...key, environment: 'sandbox' }],
  ['unexpanded', { ...key, environment: `\${user_config.environment}` }],
  ['empty', { ...key, environment: '' }],
  ['null', { ...key, environment: 'null' }],
  ['undefined', { ...key, environment: 'undefined' }],
])('starts from its own files alone, with the environment %s', async (_, userConfig) => {
  await using sequence = await serveSequence();
  const { command, args, env } = await launch(userConfig);
  const answers = await machine.ask(command, args, { ...env, SEQUENCE_API_URL: `http://${sequence.host}` });
  expect(answers).toEqual(ANSWERS);
  expect(sequence.credentials()).toEqual(['id-1:secret-1']);
});

test('marks the key as sensitive, and has a default for every optional field', async () => {
  expect(manifest.user_config.client_secret).toMatchObject({ sensitive: true, required: true });
  for (const [name, option] of Object.entries<{ required: boolean; default?: string }>(manifest.user_config)) {
    expect(option.required ? 'required' : typeof option.default, name).toBe(option.required ? 'required' : 'string');
  }
  expect(manifest.user_config.environment.default).toBe(VARIABLES.SEQUENCE_ENVIRONMENT.default);
  await expect(launch({ client_id: 'id-1' })).rejects.toThrow('would not start');
});

test('sets known variables from existing form fields', () => {
  for (const [variable, value] of Object.entries(manifest.server.mcp_config.env)) {
    expect(VARIABLES).toHaveProperty(variable);
    expect(Object.keys(manifest.user_config).map((field) => `\${user_config.${field}}`)).toContain(value);
  }
  expect(manifest.compatibility.runtimes.node).toBe(packageJson.engines.node);
});
