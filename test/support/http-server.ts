import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cleanEnv, type Program } from './programs.ts';

/** The program, serving over HTTP on a free port of loopback. */
export interface HttpServer extends AsyncDisposable {
  /** The endpoint, `http://127.0.0.1:…/mcp`. */
  readonly url: string;
  readonly pid: number;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGUSR2'): void;
  stderr(): string;
  /** The lines of stderr. */
  log(): Record<string, unknown>[];
}

/** Starts it, and waits until it prints its URL. Rejects if it exits instead. */
export async function startHttp(
  { command, args }: Program,
  { flags = [], env = {} }: { flags?: readonly string[]; env?: Record<string, string> } = {},
): Promise<HttpServer> {
  const child = spawn(command, [...args, '--http', ...flags], { env: cleanEnv({ PORT: '0', ...env }) });
  let stderr = '';
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  );
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      stderr += `${line}\n`;
      const [, address] = /"Serving MCP at ([^"]+)"/.exec(line) ?? [];
      if (address) resolve(address);
    });
    child.on('close', (code) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void child.kill(signal),
    stderr: () => stderr,
    log: () =>
      stderr
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
