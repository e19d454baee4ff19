import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClientParts, createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { demoFetch } from '../src/demo/demo-fetch.ts';
import { createLimiter, createSequenceClient } from '../src/platform/client-parts.ts';
import { silent } from './support/call.ts';
import { connect, connectServer } from './support/clients.ts';
import { temporaryFolder } from './support/machine.ts';
import { at, built } from './support/programs.ts';

const parts: ClientParts = { createSequenceClient, createLimiter, fetch: demoFetch };
const config = loadConfig({
  SEQUENCE_CLIENT_ID: 'id',
  SEQUENCE_CLIENT_SECRET: 'secret',
  SEQUENCE_TIMEOUT_MS: '1000',
});
const find = { alias: 'crm-1042' };

describe('an app', () => {
  it('forgets a load that failed, and tries again at the next call', async () => {
    let loads = 0;
    const load = async () => {
      if (loads++ === 0) throw new Error('no such file');
      return parts;
    };
    const logged: string[] = [];
    const app = createApp(config, { runtime: 'test', load }, (_, message) => logged.push(message));
    await using client = await connectServer(app.createServer());
    expect((await client.call('find_customer_by_alias', find)).text).toMatch(/^internal_error: /);
    expect(logged).toEqual([expect.stringContaining('no such file')]);
    expect((await client.call('find_customer_by_alias', find)).structured.outcome).toBe('found');
  });

  it('ends a load that hangs with the call that waits for it', async () => {
    const app = createApp(config, { runtime: 'test', load: () => new Promise<ClientParts>(() => {}) }, silent);
    await using client = await connectServer(app.createServer());
    expect((await client.call('find_customer_by_alias', find)).text).toMatch(/^timeout: /);
  });

  it('has one client, however many calls wait for it', async () => {
    const app = createApp(config, { runtime: 'test', load: async () => parts }, silent);
    const clients = await Promise.all([app.getClient(), app.getClient(), app.getClient()]);
    expect(new Set(clients).size).toBe(1);
  });

  it('tells how each call ended', async () => {
    const ended: string[] = [];
    const app = createApp(config, { runtime: 'test', load: () => parts }, silent);
    await using client = await connectServer(app.createServer(({ tool, outcome }) => ended.push(`${tool} ${outcome}`)));
    await client.call('find_customer_by_alias', find);
    await client.call('list_customer_aliases', {});
    await client.call('list_customer_aliases', { limit: 0 });
    expect(ended).toEqual([
      'find_customer_by_alias found',
      'list_customer_aliases ok',
      'list_customer_aliases invalid_request',
    ]);
  });
});

describe.each(built)('the built program on $name', (program) => {
  it('loads what a call needs once its tools are listed, and not before', async () => {
    const folder = temporaryFolder();
    cpSync(at('dist'), join(folder, 'dist'), { recursive: true });
    const args = program.args.map((argument) => argument.replace(at('dist'), join(folder, 'dist')));
    await using client = await connect({ ...program, args }, { args: ['--demo'] });
    // The files that it loads later are out of reach for a first call that comes too soon.
    renameSync(join(folder, 'dist'), join(folder, 'away'));
    expect((await client.call('find_customer_by_alias', find)).text).toMatch(
      /^configuration: The files of this server/,
    );
    renameSync(join(folder, 'away'), join(folder, 'dist'));

    await client.listTools();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    renameSync(join(folder, 'dist'), join(folder, 'away'));
    expect((await client.call('find_customer_by_alias', find)).structured.outcome).toBe('found');
  });
});
