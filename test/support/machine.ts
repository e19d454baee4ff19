import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import { serveRegistry } from './registry.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');

/** A folder that is deleted after the test file. Call this at its top level. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sequence-mcp-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

interface Packed {
  readonly tarball: string;
  readonly paths: readonly string[];
  readonly unpackedSize: number;
}

/** The package as `npm publish` would send it, from the existing `dist/`. */
function pack(folder: string): Packed {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename, files, unpackedSize }] = JSON.parse(String(output));
  const paths = files.map(({ path }: { path: string }) => path).sort();
  return { tarball: join(folder, filename), paths, unpackedSize };
}

/** A user's computer: an empty working folder, its own caches, and a registry with only our package. */
export interface Machine {
  readonly folder: string;
  readonly packed: Packed;
  readonly env: Readonly<Record<string, string>>;
  /** A PATH with Bun as the only runtime. */
  readonly bunOnly: string;
  /** Runs a command line in the working folder, whatever its exit code. */
  run(commandLine: string, env?: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Starts an MCP server in the working folder, and makes our standard calls. */
  ask(command: string, args: readonly string[], env?: Record<string, string>): Promise<Answers>;
}

interface Answers {
  readonly tools: string[];
  readonly found: unknown;
}

/** The results from the demo account, in memory or from `serveSequence`. */
export const ANSWERS = {
  tools: TOOLS.map(({ name }) => name),
  found: 'found',
} satisfies Answers;

export async function freshMachine(): Promise<Machine> {
  const folder = temporaryFolder();
  const inside = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const packed = pack(folder);
  const registry = await serveRegistry(packed.tarball);
  afterAll(() => registry[Symbol.asyncDispose]());

  const bunOnly = inside('bun-only');
  for (const name of ['bun', 'bunx']) symlinkSync(realpathSync(join(BIN, 'bun')), join(bunOnly, name));
  const cwd = inside('cwd');
  const env = {
    PATH: [BIN, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    HOME: inside('home'),
    TMPDIR: inside('tmp'),
    NO_COLOR: '1',
    npm_config_registry: registry.url,
    npm_config_cache: inside('npm'),
    npm_config_update_notifier: 'false',
    BUN_CONFIG_REGISTRY: registry.url,
    BUN_INSTALL_CACHE_DIR: inside('bun'),
    NPM_CONFIG_REGISTRY: registry.url,
    DENO_DIR: inside('deno'),
  };

  return {
    folder,
    packed,
    env,
    bunOnly,
    run: (commandLine, more) =>
      new Promise((resolve) => {
        execFile('/bin/sh', ['-c', commandLine], { cwd, env: { ...env, ...more } }, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
        );
      }),
    async ask(command, args, more) {
      const transport = new StdioClientTransport({
        command,
        args: [...args],
        env: { ...env, ...more },
        cwd,
        stderr: 'pipe',
      });
      let stderr = '';
      transport.stderr?.on('data', (chunk) => {
        stderr += chunk;
      });
      const client = new Client({ name: 'test', version: '1' });
      const strays: Error[] = [];
      client.onerror = (error) => strays.push(error);
      try {
        // The v1 types predate exactOptionalPropertyTypes.
        await client.connect(transport as Transport);
        const { tools } = await client.listTools();
        const { structuredContent } = await client.callTool({
          name: 'find_customer_by_alias',
          arguments: { alias: 'crm-1042' },
        });
        if (strays.length > 0) throw new AggregateError(strays, 'stdout carried more than the protocol');
        const { outcome } = structuredContent as { outcome: unknown };
        return { tools: tools.map(({ name }) => name), found: outcome };
      } catch (error) {
        throw new Error(`${command} ${args.join(' ')}: ${error}\n${stderr}`, { cause: error });
      } finally {
        await client.close();
      }
    },
  };
}

/** Every file below a folder, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
