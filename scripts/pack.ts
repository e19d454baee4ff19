// Packs the built program, and prints the command for a host to start it without a registry.
// bun scripts/pack.ts [<folder>]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));
const { name, version } = packageJson;
const named = (suffix: string) => join(resolve(process.argv[2] ?? root), `${name}-${version}${suffix}.tgz`);

const packed = named('');
const command = ['pm', 'pack', '--quiet', '--ignore-scripts', '--filename', packed];
execFileSync(process.execPath, command, { cwd: root, stdio: 'ignore' });
// bunx caches a package by its path.
const hash = createHash('sha256').update(readFileSync(packed)).digest('hex').slice(0, 8);
const file = named(`-${hash}`);
renameSync(packed, file);

const env = { SEQUENCE_CLIENT_ID: 'your-client-id', SEQUENCE_CLIENT_SECRET: 'your-client-secret' };
const snippet = (command: string, ...args: string[]) =>
  JSON.stringify({ mcpServers: { sequence: { command, args, env } } }, undefined, 2);
process.stdout.write(`If Bun is installed, put this into your host's configuration:

${snippet('bunx', `${name}@${file}`)}

If only Node.js and npm are, put this there (on Windows with cmd /c, see docs/INSTALL.md):

${snippet('npx', '-y', '--prefix', dirname(file), '-p', file, name)}
`);
