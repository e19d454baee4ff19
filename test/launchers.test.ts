// The packed package, taken from a registry by every launcher that the README names.
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { VARIABLES } from '../src/config.ts';
import { ANSWERS, freshMachine } from './support/machine.ts';
import { serveSequence } from './support/sequence.ts';

const machine = await freshMachine();
const PACKAGE = 'sequence-mcp-server';

test.each([`npx -y ${PACKAGE}`, `bunx ${PACKAGE}`, `bunx --bun ${PACKAGE}`, `deno run --no-prompt npm:${PACKAGE}`])(
  '%s',
  { timeout: 60_000 },
  async (commandLine) => {
    const [command = '', ...args] = commandLine.split(' ');
    expect(await machine.ask(command, [...args, '--demo'])).toEqual(ANSWERS);
  },
);

test('bunx --bun where there is no Node', { timeout: 60_000 }, async () => {
  const env = { PATH: machine.bunOnly, BUN_INSTALL_CACHE_DIR: join(machine.folder, 'bun-alone') };
  expect(await machine.ask('bunx', ['--bun', PACKAGE, '--demo'], env)).toEqual(ANSWERS);
});

test('Deno needs both permissions, and what is missing is named', { timeout: 60_000 }, async () => {
  await using sequence = await serveSequence();
  const check = async (...permissions: string[]) => {
    const { code, stdout } = await machine.run(`deno run --no-prompt ${permissions.join(' ')} npm:${PACKAGE} --check`, {
      SEQUENCE_CLIENT_ID: 'id',
      SEQUENCE_CLIENT_SECRET: 'secret',
      SEQUENCE_API_URL: `http://${sequence.host}`,
    });
    return `${code} ${stdout}`;
  };
  const env = "'--allow-env=SEQUENCE_*'";
  const net = `--allow-net=${sequence.host}`;

  expect(await check(env, net)).toMatch(/^0 .*works {8}\d+ customer aliases/s);
  expect(await check(env)).toMatch(/^1 .*127\.0\.0\.1:\d+\. Ask the person to add that host to Deno's --allow-net/s);
  const withoutEnv = await check(net);
  for (const name of Object.keys(VARIABLES)) expect(withoutEnv).toContain(`${name} may not be read`);
  expect(withoutEnv).not.toContain('is not set');
});

test('a global install, run by name', { timeout: 60_000 }, async () => {
  const prefix = join(machine.folder, 'global');
  await machine.run(`npm install --global --prefix '${prefix}' ${PACKAGE}`);
  const PATH = [join(prefix, 'bin'), machine.env['PATH']].join(delimiter);
  expect(await machine.ask(PACKAGE, ['--demo'], { PATH })).toEqual(ANSWERS);
});
