import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { description, version } from '../src/about.ts';
import { VARIABLES } from '../src/config.ts';
import { HTTP_VARIABLES } from '../src/http/config.ts';
import { at, built, cleanEnv, denoProgram, node, type Program } from './support/programs.ts';
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

  it.each([['--help'], ['-h']])('%s lists every option and variable', async (flag) => {
    const { code, stdout, stderr } = await run(program, [flag], key);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const variables = Object.keys({ ...VARIABLES, ...HTTP_VARIABLES });
    for (const word of [description, 'made-up', '--demo', '--check', '--http', '--new-token', ...variables])
      expect(stdout).toContain(word);
  });

  const noName = /^--new-token needs a name: up to 64 letters, digits, dots, hyphens and underscores\. /;
  it.each<[string[], RegExp]>([
    [['--chek'], /^Unknown option '--chek'\. See --help\.\nUsage: /],
    [['--chek=k3y'], /^Unknown option '--chek'\. /],
    [['k3y'], /^Unexpected argument\. /],
    [['--check=k3y'], /^Option '--check' does not take an argument\. /],
    [['--new-token'], noName],
    [['--new-token', '--check'], noName],
    [['--new-token', 'k3y b'], noName],
    [['--new-token='], noName],
  ])('%j says what is wrong with it on stderr, without the value, and exits 2', async (flags, says) => {
    const { code, stdout, stderr } = await run(program, flags);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(says) });
    expect(stderr).toContain('Usage:');
    expect(stderr).not.toContain('k3y');
  });

  it('--check reports a working setup', async () => {
    await using upstream = await startSequence({ aliases: [] });
    const { code, stdout } = await run(program, ['--check'], { ...key, SEQUENCE_API_URL: upstream.url });
    expect(code).toBe(0);
    for (const word of ['custom', new URL(upstream.url).host, '2024-07-30', '0 customer aliases'])
      expect(stdout).toContain(word);
    expect(upstream.received.map(({ url }) => url.search)).toEqual(['?limit=1']);
  });

  it('--check reports a failure', async () => {
    await using upstream = await startUpstream((_, response) => response.writeHead(401).end());
    const { code, stdout } = await run(program, ['--check'], { ...key, SEQUENCE_API_URL: upstream.url });
    expect(code).toBe(1);
    expect(stdout).toContain('authentication: ');
  });

  it('--check reports missing configuration', async () => {
    const { code, stdout } = await run(program, ['--check'], { SEQUENCE_TIMEOUT_MS: 'soon' });
    expect(code).toBe(1);
    for (const name of ['SEQUENCE_CLIENT_ID', 'SEQUENCE_CLIENT_SECRET', 'SEQUENCE_TIMEOUT_MS'])
      expect(stdout).toContain(name);
  });
});

describe('Deno without a permission', () => {
  const { command } = denoProgram;
  const allow = {
    read: `--allow-read=${at('dist')}`,
    env: '--allow-env=SEQUENCE_*',
    net: '--allow-net=127.0.0.1',
  };
  const program = at('dist/cli.cjs');
  const source = at('src/cli.ts');

  it.each([
    ['read its files', [allow.env, allow.net, program], [], 1, /^sequence-mcp-server: .* the --allow-read flag\.$/],
    [
      'read variables',
      [allow.read, allow.net, program],
      [],
      0,
      /^error: Deno may not read .*'--allow-env=SEQUENCE_\*'\.$/,
    ],
    [
      'read variables, from source',
      [allow.net, source],
      [],
      0,
      /^error: Deno may not read .*'--allow-env=SEQUENCE_\*'\.$/,
    ],
    ['read variables, of the demo', [source], ['--demo', '--check'], 0, /^works {8}\d+ customer aliases$/],
    [
      'reach Sequence',
      [allow.read, allow.env, program],
      ['--check'],
      1,
      /sequence\.invalid\. Ask .* Deno's --allow-net\.$/,
    ],
    [
      'reach Sequence, from source',
      [allow.env, source],
      ['--check'],
      1,
      /sequence\.invalid\. Ask .* Deno's --allow-net\.$/,
    ],
    [
      'listen',
      [allow.read, `${allow.env},HOST,PORT`, program],
      ['--http', '--demo'],
      1,
      /^sequence-mcp-server: .* the --allow-net flag\.$/,
    ],
    [
      'listen, when asked whether it could',
      [allow.read, `${allow.env},HOST,PORT`, program],
      ['--http', '--demo', '--check'],
      1,
      /^sequence-mcp-server: .* the --allow-net flag\.$/,
    ],
  ])('to %s says in one line what to do', async (_, args, flags, code, line) => {
    const deno = { name: 'deno', command, args: ['run', '--no-prompt', '--quiet', ...args] };
    const end = await run(deno, flags, { ...key, SEQUENCE_API_URL: 'https://sequence.invalid', NO_COLOR: '1' });
    expect(end.code).toBe(code);
    const lines = (end.stdout + end.stderr).trimEnd().split('\n');
    expect(lines.filter((text) => line.test(text))).toHaveLength(1);
    expect(lines.filter((text) => /^ +at |Uncaught|NotCapable/.test(text))).toEqual([]);
  });
});

// `script` of util-linux gives a program a terminal.
it.runIf(existsSync('/usr/bin/script'))('tells a person in a terminal that it waits for a host', async () => {
  const { command, args } = node;
  const commandLine = [command, ...args, '--demo'].join(' ');
  const { code, stdout } = await run(
    { name: 'script', command: 'script', args: ['-qec', commandLine, '/dev/null'] },
    [],
  );
  expect(code).toBe(0);
  expect(stdout).toContain(`sequence-mcp-server ${version} is waiting for an MCP host on stdin. See --help.`);
});
