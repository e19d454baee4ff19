import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { cleanEnv, type Program } from './programs.ts';

export const request = (id: number, method: string, params: object = {}) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
export const hello = request(1, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});
export const find = (id: number, alias = 'crm-1042') =>
  request(id, 'tools/call', { name: 'find_customer_by_alias', arguments: { alias } });
export interface Answer {
  readonly id: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { code: number };
}

/** The program on stdio, and its responses. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  stderr(): string;
  /** Lines of stdout that are not protocol messages. */
  readonly strays: string[];
  answer(id: number): Promise<Answer>;
}

/** Starts the program on pipes. */
export function start({ command, args }: Program, flags: string[], env: Record<string, string> = {}): Running {
  const child = spawn(command, [...args, ...flags], { env: cleanEnv(env) });
  const answers = new Map<number, Answer>();
  const arrived = new EventEmitter().setMaxListeners(0);
  const strays: string[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{') || JSON.parse(line).jsonrpc !== '2.0') return void strays.push(line);
    const message: Answer = JSON.parse(line);
    answers.set(message.id, message);
    arrived.emit(`${message.id}`);
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  );
  return {
    child,
    ended,
    stderr: () => stderr,
    strays,
    async answer(id) {
      if (!answers.has(id)) await Promise.race([once(arrived, `${id}`), ended]);
      const answer = answers.get(id);
      if (!answer) throw new Error(`ended without answering ${id}: ${stderr}`);
      return answer;
    },
  };
}

/** The result of a clean exit. */
export const clean = { code: 0, signal: null };
