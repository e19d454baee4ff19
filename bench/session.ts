import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { cleanEnv } from '../test/support/programs.ts';

const request = (id: number, method: string, params: object) => JSON.stringify({ jsonrpc: '2.0', id, method, params });

const clientInfo = { name: 'bench', version: '1' };
const HANDSHAKE = [
  request(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }),
  '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  request(1, 'tools/list', {}),
].join('\n');

/** The one call of the benchmark: a page of 25. */
const LIST_25 = request(2, 'tools/call', { name: 'list_customer_aliases', arguments: { limit: 25 } });

/** The headers of a request to Sequence. */
export const HEADERS = { authorization: `Basic ${btoa('bench:bench')}`, 'sequence-version': '2024-07-30' };

/** The variables of a server with Sequence at `url` and without effective limits of its own. */
export const serverEnv = (url: string) => ({
  SEQUENCE_CLIENT_ID: 'bench',
  SEQUENCE_CLIENT_SECRET: 'bench',
  SEQUENCE_API_URL: url,
  SEQUENCE_REQUESTS_PER_MINUTE: '100000',
  SEQUENCE_MCP_CALLS_PER_MINUTE: '100000',
});

/**
 * Runs Node on a script. The environment is clean: NODE_EXTRA_CA_CERTS alone makes Node start three times slower. The working
 * folder is outside the project, whose configuration Node could read.
 */
export function spawnNode(args: readonly string[], variables: Record<string, string> = {}) {
  return spawn(process.execPath, args, {
    cwd: tmpdir(),
    env: cleanEnv(variables),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** An MCP server on stdio after a host's first messages, which were sent at once, up to its list of tools. */
export async function openSession(script: string, variables: Record<string, string> = {}) {
  const child = spawnNode([script], variables);
  /** Sends lines, and resolves with the text of as many responses. */
  const ask = (lines: string, answers = 1) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const end = () => reject(new Error(`${script} ended too early`));
      const take = (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.split('\n').length <= answers) return;
        child.off('exit', end).stdout.off('data', take);
        resolve(text);
      };
      child.on('exit', end).stdout.on('data', take);
      child.stdin.write(`${lines}\n`);
    });
  await ask(HANDSHAKE, 2);
  const openedAt = performance.now();
  return {
    openedAt,
    listPage: async () => checkPage(await ask(LIST_25)),
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}

export async function listPageOverHttp(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const response = await fetch(url, { method: 'POST', headers, body: LIST_25 });
  checkPage(await response.text());
}

/** Throws on an error, which would be a response that is too fast. */
function checkPage(answer: string): void {
  if (!answer.includes('"structuredContent":{"page":{"count":25,')) throw new Error(answer);
}

/** The duration of some work in milliseconds. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
