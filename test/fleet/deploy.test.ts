// The container file and the manifest, as far as possible without an engine and a cluster.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Service } from 'kubernetes-models/v1';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { version } from '../../src/about.ts';
import { VARIABLES } from '../../src/config.ts';
import { HTTP_VARIABLES } from '../../src/http/config.ts';
import { freshMachine } from '../support/machine.ts';
import { at } from '../support/programs.ts';
import { freePort } from './balancer.ts';

const machine = await freshMachine();

/** The instructions of the file with their arguments, in order. */
const instructions = readFileSync(at('deploy/container/Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
const of = (wanted: string) => instructions.filter(([name]) => name === wanted).map(([, rest]) => rest);

/** A root file system with only Node, npm and a shell, like `FROM node`. */
function makeRoot(root: string): void {
  for (const folder of ['tmp', 'usr/bin', 'usr/lib/node_modules', 'root'])
    mkdirSync(join(root, folder), { recursive: true });
  const put = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(path, join(root, path), { dereference: true });
  };
  for (const program of ['/bin/sh', '/usr/bin/env', process.execPath]) {
    put(program);
    for (const [library] of execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/\/\S+/g)) put(library);
  }
  cpSync(process.execPath, join(root, 'usr/bin/node'));
  const npm = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  cpSync(join(npm, 'npm'), join(root, 'usr/lib/node_modules/npm'), { recursive: true, dereference: true });
  execFileSync('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/bin/npm')]);
  chmodSync(join(root, 'tmp'), 0o1777);
}

it.skipIf(process.getuid?.() !== 0)('the container file serves as its user (this needs root, for chroot)', async () => {
  const root = join(machine.folder, 'container');
  makeRoot(root);
  const registry = machine.env['npm_config_registry'] ?? '';
  const build = { PATH: '/usr/bin:/bin', HOME: '/root', npm_config_registry: registry, VERSION: version };
  expect(of('FROM').map((image) => image.split(':')[0])).toEqual(['node']);
  for (const command of of('RUN')) {
    // Asynchronous, since this process serves the registry.
    const run = spawn('/usr/sbin/chroot', [root, '/bin/sh', '-c', command], { env: build, stdio: 'inherit' });
    expect(await once(run, 'exit')).toEqual([0, null]);
  }

  const [user = ''] = of('USER');
  expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  const env = Object.fromEntries(of('ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('='))));
  expect(of('EXPOSE')).toEqual([env['PORT']]);
  const PORT = String(await freePort());
  const secrets = {
    SEQUENCE_CLIENT_ID: 'key',
    SEQUENCE_CLIENT_SECRET: 'secret',
    SEQUENCE_MCP_URL: 'https://mcp.example.com/mcp',
    SEQUENCE_MCP_TOKENS: `bot:${'0'.repeat(64)}`,
  };
  const [command = '[]'] = of('CMD');
  const served = spawn('/usr/sbin/chroot', [`--userspec=${user}`, root, ...JSON.parse(command)], {
    env: { PATH: '/usr/bin:/bin', ...env, ...secrets, PORT },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  served.stderr.on('data', (chunk) => (said += chunk));
  await expect.poll(() => said, { timeout: 20_000 }).toContain('Serving MCP');
  expect((await fetch(`http://127.0.0.1:${PORT}/healthz`)).status).toBe(200);
  expect(statSync(`/proc/${served.pid}`).uid).toBe(Number(user.split(':')[0]));
  const [signal] = of('STOPSIGNAL');
  served.kill(signal as NodeJS.Signals);
  expect(await once(served, 'exit')).toEqual([0, null]);
});

it('the manifest is valid for Kubernetes, and fits the server', () => {
  const [deployment, service, ...others] = parseAllDocuments(
    readFileSync(at('deploy/kubernetes/endpoint.yaml'), 'utf8'),
  ).map((document) => document.toJS());
  expect(others).toEqual([]);
  new Deployment(deployment).validate();
  new Service(service).validate();

  const { spec } = deployment.spec.template;
  const [container] = spec.containers;
  expect(deployment.spec.selector.matchLabels).toEqual(deployment.spec.template.metadata.labels);
  expect(service.spec.selector).toEqual(deployment.spec.template.metadata.labels);
  expect(container.ports[0].containerPort).toBe(Number(HTTP_VARIABLES.PORT.default));
  const names = container.env.map(({ name }: { name: string }) => name);
  expect(Object.keys({ ...VARIABLES, ...HTTP_VARIABLES })).toEqual(expect.arrayContaining(names));
  expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
    Number(VARIABLES.SEQUENCE_TIMEOUT_MS.default) + 2_000,
  );
  const { value: ceiling } = container.env.find(
    ({ name }: { name: string }) => name === 'SEQUENCE_REQUESTS_PER_MINUTE',
  );
  const most = deployment.spec.replicas + deployment.spec.strategy.rollingUpdate.maxSurge;
  expect(Number(ceiling) * most).toBeLessThanOrEqual(Number(VARIABLES.SEQUENCE_REQUESTS_PER_MINUTE.default));
});
