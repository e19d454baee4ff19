import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv } from '../support/programs.ts';

/** A load balancer on a loopback port. */
export interface Balancer extends AsyncDisposable {
  /** The endpoint's URL for clients. */
  readonly url: string;
}

interface Kind {
  readonly command: string;
  readonly args: (configFile: string) => string[];
  readonly config: (folder: string, port: number, replicas: readonly number[]) => string;
}

/** Free nginx only has passive checks: it skips a replica for a while after a refused connection. */
const nginx: Kind = {
  command: 'nginx',
  args: (file) => ['-c', file, '-e', 'stderr'],
  config: (folder, port, replicas) => `
daemon off;
pid ${folder}/pid;
error_log /dev/null;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream replicas {
${replicas.map((replica) => `    server 127.0.0.1:${replica} max_fails=1 fail_timeout=1s;`).join('\n')}
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_connect_timeout 2s;
      proxy_read_timeout 60s;
    }
  }
}
`,
};

const haproxy: Kind = {
  command: 'haproxy',
  args: (file) => ['-db', '-f', file],
  config: (_, port, replicas) => `
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 60s
  timeout check 2s
  retries 3
  option redispatch
frontend endpoint
  bind 127.0.0.1:${port}
  default_backend replicas
backend replicas
  balance roundrobin
  option httpchk GET /readyz
  default-server check inter 500ms fall 2 rise 1
${replicas.map((replica, index) => `  server replica${index} 127.0.0.1:${replica}`).join('\n')}
`,
};

const KINDS = { nginx, haproxy };
export type BalancerName = keyof typeof KINDS;
export const balancers = Object.keys(KINDS) as BalancerName[];

/** Programs that must be installed first; empty if all are present. */
export function missing(): string[] {
  return balancers.filter((name) => spawnSync(KINDS[name].command, ['-v'], { env: withSbin() }).error);
}

/** Debian installs both in /usr/sbin, which only root's PATH has. */
const withSbin = () => ({ ...cleanEnv(), PATH: `${process.env['PATH']}:/usr/sbin` });

export async function startBalancer(name: BalancerName, replicas: readonly number[]): Promise<Balancer> {
  const { command, args, config } = KINDS[name];
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const port = await freePort();
  const file = join(folder, 'config');
  await writeFile(file, config(folder, port, replicas));
  const child = spawn(command, args(file), { env: withSbin(), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const ended = once(child, 'exit');
  const origin = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
    const isUp = await fetch(`${origin}/readyz`)
      .then(({ ok }) => ok)
      .catch(() => false);
    if (isUp) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `${origin}/mcp`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** A loopback port that was just free, since a replica must restart on the same port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
