// Other people's programs against the built server. They need a newer Node than ours, so Bun runs them.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TOOLS } from '../src/tools/index.ts';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const bun = at('node_modules/.bin/bun');
const run = async (...args: string[]) => (await promisify(execFile)(bun, args, { timeout: 120_000 })).stdout;

const packages = at('interop/node_modules');
const server = [process.execPath, at('dist/cli.cjs'), '--demo'];
const NAMES = TOOLS.map(({ name }) => name);

test.each(['2025-11-25', '2026-07-28'])('conforms to %s', { timeout: 150_000 }, async (revision) => {
  const http = spawn(bun, [at('test/support/conformance-server.ts')]);
  try {
    const [url] = await once(http.stdout, 'data');
    const suite = `${packages}/@modelcontextprotocol/conformance/dist/index.js`;
    const baseline = at('interop/conformance-baseline.yml');
    const options = ['--url', String(url).trim(), '--requirements', revision, '--expected-failures', baseline];
    // Exits with an error for an unexpected failure, and for an expected one that passes.
    expect(await run(suite, 'server', ...options)).toContain('SUMMARY');
  } finally {
    http.kill();
  }
});

test.each(['legacy', 'modern'])('the MCP Inspector uses it in the %s era', { timeout: 60_000 }, async (era) => {
  const inspector = `${packages}/@modelcontextprotocol/inspector/clients/launcher/build/index.js`;
  const inspect = async (...options: string[]) =>
    JSON.parse(await run(inspector, '--cli', ...server, '--protocol-era', era, '--format', 'json', ...options)).result;
  const call = (name: string, args: object) =>
    inspect('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));

  // With --strict it exits with an error for a schema that some host would not take.
  const { tools } = await inspect('--method', 'tools/list', '--strict');
  expect(tools.map(({ name }: { name: string }) => name)).toEqual(NAMES);
  expect((await call('find_customer_by_alias', { alias: 'crm-1042' })).structuredContent.outcome).toBe('found');
  expect((await call('list_customer_aliases', { limit: 2 })).structuredContent.aliases).toHaveLength(2);
});

test.each(['ai-sdk', 'langchain'])(
  'the client of %s lists and calls both tools',
  { timeout: 60_000 },
  async (client) => {
    const { tools, found, page } = JSON.parse(await run(at(`interop/clients/${client}.ts`), ...server));
    expect(tools).toEqual(NAMES);
    expect(found.structuredContent).toMatchObject({ outcome: 'found' });
    expect(page.structuredContent.aliases).toHaveLength(2);
  },
);
