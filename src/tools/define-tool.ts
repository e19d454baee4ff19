import type * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { SequenceClient } from '../sequence/client.ts';

export interface Call {
  readonly client: SequenceClient;
  readonly deadline: Deadline;
  /** Tells a caller that asked for progress how much is done: a number that grows, and words. */
  readonly reportProgress: (progress: number, message: string) => void;
}

type Schema = z.ZodObject;

export interface Tool<Input extends Schema = Schema, Output extends Schema = Schema> {
  readonly name: string;
  readonly title: string;
  /** Its first 130 characters stand alone: several hosts show no more before a model searches. */
  readonly description: string;
  /** More words by which Claude Code's search for tools finds this one. */
  readonly searchHint?: string;
  /** Whether a call changes anything at Sequence. The tool's annotations follow from it. */
  readonly effect: 'read' | 'write';
  readonly input: Input;
  readonly output: Output;
  /**
   * Returns what the model reads, or throws a `CallError`. JSON leaves out what is `undefined`. It
   * is a method, so that tools of all types fit in one list.
   */
  handle(input: z.infer<Input>, call: Call): Promise<z.infer<Output>>;
}

/** Checks a tool's literal against the types of its own schemas. */
export function defineTool<I extends Schema, O extends Schema>(tool: Tool<I, O>): Tool {
  return tool;
}
