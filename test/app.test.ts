import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { demoFetch } from '../src/demo/demo-fetch.ts';
import { silent } from './support/call.ts';
import { connect, connectServer } from './support/clients.ts';
import { temporaryFolder } from './support/machine.ts';
import { at, built } from './support/programs.ts';

const config = loadConfig({ SEQUENCE_CLIENT_ID: 'id', SEQUENCE_CLIENT_SECRET: 'secret' });
const find = { alias: 'crm-1042' };

it('an app reports the outcome of each call', async () => {
  const ended: string[] = [];
  const app = createApp(config, { runtime: 'test', fetch: demoFetch }, silent);
  const server = app.createServer(undefined, (outcome) => ended.push(outcome));
  await using client = await connectServer(server);
  await client.call('find_customer_by_alias', find);
  await client.call('list_customer_aliases', {});
  await client.call('list_customer_aliases', { limit: 0 });
  expect(ended).toEqual(['found', 'ok', 'invalid_request']);
});

it.each(built)('on $name the program keeps serving after an update removes its files', async (program) => {
  const folder = temporaryFolder();
  cpSync(at('dist'), join(folder, 'dist'), { recursive: true });
  const args = program.args.map((argument) => argument.replace(at('dist'), join(folder, 'dist')));
  await using client = await connect({ ...program, args }, { args: ['--demo'] });
  renameSync(join(folder, 'dist'), join(folder, 'away'));
  expect((await client.call('find_customer_by_alias', find)).structured.outcome).toBe('found');
});
