import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { description, version } from '../src/about.ts';
import { VARIABLES } from '../src/config.ts';
import { HTTP_VARIABLES } from '../src/http/config.ts';
import { built, cleanEnv, type Program } from './support/programs.ts';
import { startSequence, startUpstream } from './support/upstream.ts';

const key = { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret' };

function run({ command, args }: Program, flags: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(command, [...args, ...flags], { env: cleanEnv(env) }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

describe.each(built)('the command line on $name', (program) => {
  it.each([['--version'], ['-v']])('%s prints the version', async (flag) =>
    expect(await run(program, [flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' }),
  );

  it.each([['--help'], ['-h']])('%s prints what there is to set', async (flag) => {
    const { code, stdout, stderr } = await run(program, [flag], key);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const variables = Object.keys({ ...VARIABLES, ...HTTP_VARIABLES });
    for (const word of [description, 'made-up', '--demo', '--check', '--http', '--new-token', ...variables])
      expect(stdout).toContain(word);
  });

  it.each([['--nope'], ['word'], ['--check=1']])('%s prints usage to stderr and exits 2', async (flag) =>
    expect(await run(program, [flag])).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('Usage:') }),
  );

  it('--check says what works', async () => {
    await using upstream = await startSequence({ aliases: [] });
    const { code, stdout } = await run(program, ['--check'], { ...key, SEQUENCE_API_URL: upstream.url });
    expect(code).toBe(0);
    for (const word of ['custom', new URL(upstream.url).host, '2024-07-30', '0 customer aliases'])
      expect(stdout).toContain(word);
    expect(upstream.received.map(({ url }) => url.search)).toEqual(['?limit=1']);
  });

  it('--check says what fails', async () => {
    await using upstream = await startUpstream((_, response) => response.writeHead(401).end());
    const { code, stdout } = await run(program, ['--check'], { ...key, SEQUENCE_API_URL: upstream.url });
    expect(code).toBe(1);
    expect(stdout).toContain('authentication: ');
  });

  it('--check says what is not configured', async () => {
    const { code, stdout } = await run(program, ['--check'], { SEQUENCE_TIMEOUT_MS: 'soon' });
    expect(code).toBe(1);
    for (const name of ['SEQUENCE_CLIENT_ID', 'SEQUENCE_CLIENT_SECRET', 'SEQUENCE_TIMEOUT_MS'])
      expect(stdout).toContain(name);
  });
});
