import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Program } from './programs.ts';

const NEWLINE = 10;

/** A spawned program that answers each line of its stdin with a line. */
export class Session {
  readonly #child;
  #chunks: Buffer[] = [];
  #onLine: () => void = () => {};
  #onEnd: (error: Error) => void = () => {};

  constructor({ command, args, env }: Program) {
    // Away from the project, whose configuration some runtimes would read.
    this.#child = spawn(command, args, { cwd: tmpdir(), env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', (error) => this.#onEnd(error));
    this.#child.on('exit', () => this.#onEnd(new Error(`${command} ${args.join(' ')} ended too early`)));
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, end + 1)) this.#onLine();
    });
  }

  /** Sends lines and resolves with the text of the answers, of which only line ends are looked at meanwhile. */
  ask(lines: readonly string[], inFlight = lines.length, answers = lines.length): Promise<string> {
    this.#chunks = [];
    let sent = Math.min(inFlight, lines.length);
    let received = 0;
    return new Promise((resolve, reject) => {
      this.#onEnd = reject;
      this.#onLine = () => {
        if (sent < lines.length) this.#child.stdin.write(`${lines[sent++]}\n`);
        if (++received === answers) resolve(Buffer.concat(this.#chunks).toString());
      };
      this.#child.stdin.write(`${lines.slice(0, sent).join('\n')}\n`);
    });
  }

  /** The most memory that the process has had, in MB; only Linux tells. */
  peakMemory(): number {
    if (process.platform !== 'linux') return Number.NaN;
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1_000;
  }

  /** Closes stdin and waits for the exit. */
  async end(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exit;
  }
}

const request = (id: number, method: string, params: object) => JSON.stringify({ jsonrpc: '2.0', id, method, params });

const clientInfo = { name: 'bench', version: '1.0.0' };
const HANDSHAKE = [
  request(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }),
  '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  request(1, 'tools/list', {}),
];

/** Starts an MCP server, sends at once what a host sends first, and waits for its tools. */
export async function open(program: Program): Promise<Session> {
  const session = new Session(program);
  await session.ask(HANDSHAKE, HANDSHAKE.length, 2);
  return session;
}

export const toolCall = (name: string, args: object) => request(2, 'tools/call', { name, arguments: args });

/** The milliseconds that some work takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
