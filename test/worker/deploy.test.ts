// The files of deploy/cloudflare/, started in workerd.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { VARIABLES } from '../../src/config.ts';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { HTTP_VARIABLES } from '../../src/http/config.ts';
import { at } from '../support/programs.ts';
import { startSequence } from '../support/upstream.ts';
import { configured, startWorker } from '../support/worker.ts';

const path = at('deploy/cloudflare/wrangler.jsonc');
const text = readFileSync(path, 'utf8');
const config = JSON.parse(text.replace(/^ *\/\/.*$/gm, ''));

test('names the exported module, and every variable and secret of a Worker', () => {
  expect(join(dirname(path), config.main)).toBe(at(packageJson.exports['./worker']));
  const { HOST: _, PORT: __, ...ofEndpoint } = HTTP_VARIABLES;
  for (const name of Object.keys({ ...VARIABLES, ...ofEndpoint })) expect(text).toContain(name);
  const known = Object.keys({ ...VARIABLES, ...ofEndpoint });
  for (const name of [...Object.keys(config.vars), ...config.secrets.required]) expect(known).toContain(name);
  expect(config.secrets.required).toEqual(['SEQUENCE_CLIENT_ID', 'SEQUENCE_CLIENT_SECRET']);
  expect(config).not.toHaveProperty('compatibility_flags');
});

test('serves with its variables and secrets, and limits callers with its binding', async () => {
  await using upstream = await startSequence({ aliases: createDemoAliases() });
  const [{ name, simple }] = config.ratelimits;
  expect({ name, simple }).toEqual({ name: 'CALLERS', simple: { limit: 300, period: 60 } });
  const own = Object.entries(configured(upstream.url)).filter(([variable]) => variable !== 'SEQUENCE_MCP_ORIGINS');
  const bindings = { ...config.vars, ...Object.fromEntries(own) };
  await using worker = await startWorker({
    bindings,
    callers: simple.limit,
    compatibilityDate: config.compatibility_date,
  });
  expect(await worker.send({})).toMatchObject({ status: 200 });
});
