import type * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { SequenceClient } from '../sequence/client.ts';

export interface Call {
  readonly client: SequenceClient;
  readonly deadline: Deadline;
  /** Reports progress to a caller that asked for it: a growing number, and a message. */
  readonly reportProgress: (progress: number, message: string) => void;
}

type Schema = z.ZodObject;

export interface Tool<Input extends Schema = Schema, Output extends Schema = Schema> {
  readonly name: string;
  readonly title: string;
  /** Its first 130 characters must make sense alone: several hosts show no more at first. */
  readonly description: string;
  /** Extra keywords for Claude Code's tool search. */
  readonly searchHint?: string;
  /** Whether a call changes data at Sequence. The tool's annotations follow from it. */
  readonly effect: 'read' | 'write';
  readonly input: Input;
  readonly output: Output;
  /**
   * Returns the result, or throws a `CallError`. JSON omits fields that are `undefined`. It is a
   * method, so that tools of all types fit in one list.
   */
  handle(input: z.infer<Input>, call: Call): Promise<z.infer<Output>>;
}

/** Type-checks a tool's literal against its own schemas. */
export function defineTool<I extends Schema, O extends Schema>(tool: Tool<I, O>): Tool {
  return tool;
}
