import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { connect } from './support/clients.ts';
import { at, built, source } from './support/programs.ts';

describe('the contract', () => {
  // The build precomputes the schemas; from source they are converted at start-up.
  it.each([...built.slice(0, 1), ...source.slice(0, 1)])('is the committed snapshot, on $name', async (program) => {
    await using client = await connect(program, { args: ['--demo'] });
    const { tools } = await client.listTools();
    await expect(`${JSON.stringify(tools, null, 2)}\n`).toMatchFileSnapshot('tools-list.snapshot.json');
  });

  it('gives the server the name of the package', async () => {
    await using client = await connect(built[0] as (typeof built)[0], { args: ['--demo'] });
    expect(client.client.getServerVersion()).toMatchObject({ name: manifest.name, version: manifest.version });
    expect(Object.keys(manifest.bin)).toEqual([manifest.name]);
    expect(await readFile(at('CHANGELOG.md'), 'utf8')).toContain(`\n## ${manifest.version}\n`);
  });
});
