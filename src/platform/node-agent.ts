import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { isLoopback } from '../loopback.ts';
import { lookup } from './lookup.ts';

/** As Node's own agents: connections are kept alive, and led through a proxy where Node is told to (`NODE_USE_ENV_PROXY`). */
const remote = new https.Agent({ ...https.globalAgent.options, lookup });

/** What is asked of this machine never leaves it. The types know no `proxyEnv`, which Node has from 22.21 and 24.5 on. */
const direct = { lookup, proxyEnv: {} };
const { options: plain } = http.globalAgent as http.Agent & { options: http.AgentOptions };
const local = {
  'https:': new https.Agent({ ...https.globalAgent.options, ...direct }),
  'http:': new http.Agent({ ...plain, ...direct }),
};

/** The pool of connections for one of our addresses: plain http is for loopback hosts alone. */
export function agentFor({ protocol, hostname }: URL): http.Agent {
  if (protocol === 'http:') return local['http:'];
  return isLoopback(hostname) ? local['https:'] : remote;
}

/** For a kept connection while it waits for a request: one on which something comes unasked is not to be trusted with more. */
export function dropUnasked(this: Socket): void {
  this.destroy();
}

for (const agent of [remote, ...Object.values(local)]) {
  agent.on('free', (socket: Socket) => socket.on('data', dropUnasked));
}
