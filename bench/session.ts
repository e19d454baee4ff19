import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Program, spawnOptions } from './programs.ts';

const NEWLINE = 10;

/** A spawned program that answers each line of its stdin with a line. */
export class Session {
  readonly #child: ChildProcess;
  #chunks: Buffer[] = [];
  #onLine: () => void = () => {};
  #onEnd: (error: Error) => void = () => {};

  constructor(program: Program) {
    this.#child = spawn(program.command, program.args, {
      ...spawnOptions(program),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.on('error', (error) => this.#onEnd(error));
    this.#child.on('exit', () => this.#onEnd(new Error(`${program.args.join(' ')} ended too early`)));
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, end + 1)) this.#onLine();
    });
  }

  /** Sends lines, so many in flight, and resolves with the answers' text. Only line ends are looked at meanwhile. */
  ask(lines: readonly string[], inFlight = lines.length, answers = lines.length): Promise<string> {
    this.#chunks = [];
    let sent = Math.min(inFlight, lines.length);
    let received = 0;
    return new Promise((resolve, reject) => {
      this.#onEnd = reject;
      this.#onLine = () => {
        if (sent < lines.length) this.#send(lines[sent++]);
        if (++received === answers) resolve(Buffer.concat(this.#chunks).toString());
      };
      this.#send(lines.slice(0, sent).join('\n'));
    });
  }

  #send(text = ''): void {
    this.#child.stdin?.write(`${text}\n`);
  }

  /** The most memory that the process has had, in MB; only Linux tells. */
  peakMemory(): number {
    if (process.platform !== 'linux') return Number.NaN;
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1_000;
  }

  async end(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exit;
  }
}

/** Runs a program whose stdin is closed from the beginning. */
export async function runToEnd(program: Program): Promise<void> {
  const child = spawn(program.command, program.args, {
    ...spawnOptions(program),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'exit');
}

const request = (id: number, method: string, params: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

const INITIALIZE = request(0, 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1.0.0' },
});

/** What a host sends first, at once. Two answers come back. */
export const HANDSHAKE = [
  INITIALIZE,
  '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  request(1, 'tools/list'),
];

export const toolCall = (name: string, args: object) => request(2, 'tools/call', { name, arguments: args });
