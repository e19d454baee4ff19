// Third-party clients against the built server. They need a newer Node than ours, so Bun runs them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import { TOKEN, TOKENS } from '../support/http-cases.ts';
import { startHttp } from '../support/http-server.ts';
import { at, node } from '../support/programs.ts';

const bun = at('node_modules/.bin/bun');
const run = async (...args: string[]) => (await promisify(execFile)(bun, args, { timeout: 120_000 })).stdout;

const packages = at('test/interop/node_modules');
const server = [process.execPath, at('dist/cli.cjs'), '--demo'];
const NAMES = TOOLS.map(({ name }) => name);

test.each(['2025-11-25', '2026-07-28'])('conforms to %s', { timeout: 150_000 }, async (revision) => {
  await using endpoint = await startHttp(node, { flags: ['--demo'], env: { SEQUENCE_MCP_CALLS_PER_MINUTE: '100000' } });
  const suite = `${packages}/@modelcontextprotocol/conformance/dist/index.js`;
  const baseline = at('test/interop/conformance-baseline.yml');
  const options = ['--url', endpoint.url, '--requirements', revision, '--expected-failures', baseline];
  // Exits with an error on an unexpected failure, and if an expected failure passes.
  expect(await run(suite, 'server', ...options)).toContain('SUMMARY');
});

/** The endpoint with a token. */
const serve = () => startHttp(node, { flags: ['--demo'], env: { SEQUENCE_MCP_TOKENS: TOKENS } });

const everyWay = ['stdio', 'http'].flatMap((transport) => ['legacy', 'modern'].map((era) => [transport, era] as const));
test.each(everyWay)(
  'works with the MCP Inspector over %s in the %s era',
  { timeout: 60_000 },
  async (transport, era) => {
    await using endpoint = await serve();
    const overHttp = [endpoint.url, '--transport', 'http', '--header', `Authorization: Bearer ${TOKEN}`];
    const target = transport === 'http' ? overHttp : server;
    const inspector = `${packages}/@modelcontextprotocol/inspector/clients/launcher/build/index.js`;
    const inspect = async (...options: string[]) =>
      JSON.parse(await run(inspector, '--cli', ...target, '--protocol-era', era, '--format', 'json', ...options))
        .result;
    const call = (name: string, args: object) =>
      inspect('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));

    // With --strict it exits with an error on a schema that some host would refuse.
    const { tools } = await inspect('--method', 'tools/list', '--strict');
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(NAMES);
    expect((await call('find_customer_by_alias', { alias: 'crm-1042' })).structuredContent.outcome).toBe('found');
    expect((await call('list_customer_aliases', { limit: 2 })).structuredContent.aliases).toHaveLength(2);
  },
);

test.each(['ai-sdk', 'langchain'])(
  'the client of %s lists and calls both tools, on stdio and over HTTP',
  { timeout: 60_000 },
  async (client) => {
    await using endpoint = await serve();
    for (const way of [server, [endpoint.url, TOKEN]]) {
      const { tools, found, page } = JSON.parse(await run(at(`test/interop/clients/${client}.ts`), ...way));
      expect(tools).toEqual(NAMES);
      expect(found.structuredContent).toMatchObject({ outcome: 'found' });
      expect(page.structuredContent.aliases).toHaveLength(2);
    }
  },
);
