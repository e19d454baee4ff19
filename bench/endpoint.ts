import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { Program } from './programs.ts';
import { peakMemoryOf } from './session.ts';

/** A spawned program that serves over HTTP, and kept connections to it. */
export class Endpoint {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #sockets: Socket[] = [];

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  /** Starts it, and waits until it says where it listens. */
  static async start({ command, args, env }: Program): Promise<Endpoint> {
    const child = spawn(command, args, { cwd: tmpdir(), env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    const port = await new Promise<number>((resolve, reject) => {
      // The log is read to the end, so that writing it costs what it costs.
      child.stderr.on('data', (chunk) => {
        if (said.includes('Serving')) return;
        said += chunk;
        const [, port] = /Serving MCP at http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
        if (port) resolve(Number(port));
      });
      child.on('exit', () => reject(new Error(`${command} ${args.join(' ')} ended: ${said}`)));
    });
    return new Endpoint(child, port);
  }

  /** Posts a message so many times, each connection waiting for its answer before the next. An error ends the run. */
  async ask(message: string, calls: number, inFlight = 1): Promise<void> {
    const request = [
      'POST /mcp HTTP/1.1',
      `Host: 127.0.0.1:${this.#port}`,
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      'MCP-Protocol-Version: 2025-11-25',
      `Content-Length: ${Buffer.byteLength(message)}`,
      '',
      message,
    ].join('\r\n');
    let left = calls;
    const work = async (at: number) => {
      this.#sockets[at] ??= connect(this.#port, '127.0.0.1').setNoDelay();
      while (left-- > 0) await exchange(this.#sockets[at], request);
    };
    await Promise.all(Array.from({ length: Math.min(calls, inFlight) }, (_, at) => work(at)));
  }

  peakMemory(): number {
    return peakMemoryOf(this.#child.pid);
  }

  /** Seconds that the process has had a core so far; only Linux tells. */
  coreSeconds(): number {
    if (process.platform !== 'linux') return Number.NaN;
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const TICKS_PER_SECOND = 100;
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

/** Sends a request and takes the whole answer, whose length its headers must tell. */
function exchange(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const end = (error?: Error) => {
      socket.off('data', take).off('error', end).off('close', closed);
      if (error) reject(error);
      else resolve();
    };
    const closed = () => end(new Error(`The connection was closed after: ${answer}`));
    const take = (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      const head = answer.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(answer)?.[1]);
      if (answer.length < head + 4 + length) return;
      const isRight = answer.startsWith('HTTP/1.1 200') && !answer.includes('"isError":true');
      end(isRight ? undefined : new Error(answer));
    };
    socket.on('data', take).on('error', end).on('close', closed);
    socket.write(request);
  });
}
