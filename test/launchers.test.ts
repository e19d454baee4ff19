// The packed package, taken from a registry by every launcher that the README names.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { VARIABLES } from '../src/config.ts';
import { DEMO_ANSWERS, freshMachine } from './support/machine.ts';

const machine = await freshMachine();
const PACKAGE = 'sequence-mcp-server';

test.each([`npx -y ${PACKAGE}`, `bunx ${PACKAGE}`, `bunx --bun ${PACKAGE}`, `deno run --no-prompt npm:${PACKAGE}`])(
  '%s',
  { timeout: 60_000 },
  async (commandLine) => {
    const [command = '', ...args] = commandLine.split(' ');
    expect(await machine.askDemo(command, args)).toEqual(DEMO_ANSWERS);
  },
);

test('bunx --bun where there is no Node', { timeout: 60_000 }, async () => {
  const env = { PATH: machine.bunOnly, BUN_INSTALL_CACHE_DIR: join(machine.folder, 'bun-alone') };
  expect(await machine.askDemo('bunx', ['--bun', PACKAGE], env)).toEqual(DEMO_ANSWERS);
});

test('Deno needs both permissions, and what is missing is named', { timeout: 60_000 }, async () => {
  const sequence = createServer((_, response) => response.end('{"items":[],"pagination":{"totalResultSize":0}}'));
  await once(sequence.listen(0, '127.0.0.1'), 'listening');
  const { port } = sequence.address() as AddressInfo;
  const check = async (...permissions: string[]) => {
    const { code, stdout } = await machine.run(`deno run --no-prompt ${permissions.join(' ')} npm:${PACKAGE} --check`, {
      SEQUENCE_CLIENT_ID: 'id',
      SEQUENCE_CLIENT_SECRET: 'secret',
      SEQUENCE_API_URL: `http://127.0.0.1:${port}`,
    });
    return `${code} ${stdout}`;
  };
  const env = "'--allow-env=SEQUENCE_*'";
  const net = `--allow-net=127.0.0.1:${port}`;

  expect(await check(env, net)).toMatch(/^0 .*works {8}0 customer aliases/s);
  expect(await check(env)).toMatch(/^1 .*127\.0\.0\.1:\d+\. Ask the person to add that host to Deno's --allow-net/s);
  const withoutEnv = await check(net);
  for (const name of Object.keys(VARIABLES)) expect(withoutEnv).toContain(`${name} may not be read`);
  expect(withoutEnv).not.toContain('is not set');
  sequence.close();
});

test('a global install, run by name', { timeout: 60_000 }, async () => {
  const prefix = join(machine.folder, 'global');
  await machine.run(`npm install --global --prefix '${prefix}' ${PACKAGE}`);
  const PATH = [join(prefix, 'bin'), machine.env['PATH']].join(delimiter);
  expect(await machine.askDemo(PACKAGE, [], { PATH })).toEqual(DEMO_ANSWERS);
});
