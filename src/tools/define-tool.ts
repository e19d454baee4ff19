import type { CallToolResult, McpServer, ServerContext, StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import type * as z from 'zod';
import { type Deadline, withDeadline } from '../deadline.ts';
import { describeError, SequenceError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SequenceClient } from '../sequence/client.ts';
import { visible } from '../text.ts';
import { jsonSchemaOf, type Schemas } from './json-schema.ts';

/** What a handler gets beside its input. */
export interface Call {
  readonly client: SequenceClient;
  /** Of the whole tool call. */
  readonly deadline: Deadline;
  /** Tells a caller that asked for progress how many pages are done. */
  readonly reportProgress: (pages: number) => void;
}

export interface Tool<Input, Output> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** Returns what the model reads, or throws a `SequenceError`. */
  readonly handle: (input: Input, call: Call) => Promise<Output>;
}

export interface ToolDependencies {
  readonly client: SequenceClient;
  /** Deadline of one call in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Log;
}

/** An identity function that infers a tool's types from its literal. */
export function defineTool<Input, Output>(tool: Tool<Input, Output>): Tool<Input, Output> {
  return tool;
}

/** Offers a tool on a server. This is the one place where errors are caught and results take the protocol's form. */
export function registerTool<Input, Output>(
  server: McpServer,
  tool: Tool<Input, Output>,
  { client, timeoutMs, log }: ToolDependencies,
): void {
  const { name, title, description } = tool;
  server.registerTool(
    name,
    {
      title,
      description,
      inputSchema: advertised(tool, 'input'),
      outputSchema: advertised(tool, 'output'),
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    async (args, ctx): Promise<CallToolResult> => {
      try {
        const input = parseInput(tool, args);
        const reportProgress = progressReporter(ctx);
        const output = await withDeadline(timeoutMs, ctx.mcpReq.signal, (deadline) =>
          tool.handle(input, { client, deadline, reportProgress }),
        );
        return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: { ...output } };
      } catch (error) {
        if (!(error instanceof SequenceError) && !ctx.mcpReq.signal.aborted) log('error', detailOf(error));
        return { content: [{ type: 'text', text: describeError(error) }], isError: true };
      }
    },
  );
}

/**
 * What `tools/list` says of a schema, for the SDK to advertise. It accepts every value: input is checked in `parseInput`,
 * whose words are ours, and output is built by our own handlers and held against its schema in tests, not on each call.
 */
function advertised(tool: Schemas, io: 'input' | 'output'): StandardSchemaWithJSON<unknown, unknown> {
  const toJson = () => jsonSchemaOf(tool, io);
  return {
    '~standard': {
      version: 1,
      vendor: 'sequence-mcp-server',
      validate: (value) => ({ value }),
      jsonSchema: { input: toJson, output: toJson },
    },
  };
}

function parseInput<Input>(tool: Tool<Input, unknown>, args: unknown): Input {
  const parsed = tool.input.safeParse(dropAbsent(args));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new SequenceError(
    'invalid_request',
    `The arguments of ${tool.name} are not valid: ${visible(problems.join('; ').slice(0, 500))}.`,
    `Correct them and call again; it takes ${Object.keys(jsonSchemaOf(tool, 'input')['properties'] ?? {}).join(', ')}.`,
  );
}

/** Models send `null` or `""` for an argument that they mean to leave out. */
function dropAbsent(args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args ?? {};
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null && value !== ''));
}

function progressReporter({ mcpReq }: ServerContext): (pages: number) => void {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  return (pages) => {
    const message = `${pages} ${pages === 1 ? 'page' : 'pages'} searched`;
    // A reader that is gone is noticed elsewhere; a lost notification costs nothing.
    mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, progress: pages, message } })
      .catch(() => {});
  };
}

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
