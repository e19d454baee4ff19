import { createHash } from 'node:crypto';
import { type HttpServer, startHttp } from '../support/http-server.ts';
import type { Program } from '../support/programs.ts';
import { freePort } from './balancer.ts';
import type { FleetSequence } from './sequence.ts';

export const TOKEN = 'smcp_of-the-fleet';
const TOKENS = `fleet:${createHash('sha256').update(TOKEN).digest('hex')}`;

/** A process of the endpoint that can be restarted on the same port. */
export interface Replica {
  readonly name: string;
  readonly port: number;
  readonly server: () => HttpServer;
  /** Drains and restarts it. */
  readonly restart: () => Promise<void>;
  /** Sends SIGTERM, and waits for a clean exit. */
  readonly end: () => Promise<void>;
  /** Sends SIGKILL, and waits for the exit. */
  readonly kill: () => Promise<void>;
}

async function startReplica(
  program: Program,
  name: string,
  sequence: FleetSequence,
  more: Record<string, string>,
): Promise<Replica> {
  const port = await freePort();
  const start = () =>
    startHttp(program, {
      env: {
        PORT: String(port),
        SEQUENCE_CLIENT_ID: 'fleet',
        SEQUENCE_CLIENT_SECRET: 'fleet-secret',
        SEQUENCE_API_URL: sequence.urlFor(name),
        SEQUENCE_REQUESTS_PER_MINUTE: '100000',
        SEQUENCE_MCP_CALLS_PER_MINUTE: '100000',
        SEQUENCE_MCP_TOKENS: TOKENS,
        ...more,
      },
    });
  let server = await start();
  const end = async () => {
    server.kill('SIGTERM');
    const { code } = await server.ended;
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${server.stderr()}`);
  };
  return {
    name,
    port,
    server: () => server,
    end,
    async restart() {
      await end();
      server = await start();
    },
    kill: async () => await server[Symbol.asyncDispose](),
  };
}

/** A replica for each program. Stops them all if one does not start. */
export async function startReplicas(
  programs: readonly Program[],
  sequence: FleetSequence,
  more: Record<string, string> = {},
): Promise<AsyncDisposable & { readonly replicas: readonly Replica[] }> {
  const replicas: Replica[] = [];
  const end = async () => {
    for (const replica of replicas) await replica.kill();
  };
  try {
    for (const program of programs) {
      replicas.push(await startReplica(program, `replica${replicas.length}`, sequence, more));
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { replicas, [Symbol.asyncDispose]: end };
}
