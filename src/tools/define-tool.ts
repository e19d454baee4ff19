import type {
  CallToolResult,
  McpServer,
  ServerContext,
  StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { type Deadline, withDeadline } from '../deadline.ts';
import { CallError, describeError, detailOf, kindOf, TRY_ONCE_MORE } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SequenceClient } from '../sequence/client.ts';
import { presentable } from '../text.ts';

/** What a handler gets beside its input. */
export interface Call {
  readonly client: SequenceClient;
  /** Of the whole tool call. */
  readonly deadline: Deadline;
  /** Tells a caller that asked for progress how much is done, as a number that grows and in words. */
  readonly reportProgress: (progress: number, message: string) => void;
}

interface Texts {
  readonly title: string;
  /** Its first 130 characters stand alone: several hosts show a model no more before it searches. */
  readonly description: string;
  /** More words by which Claude Code's search for tools finds this one. */
  readonly searchHint?: string;
}

/** A tool as its file writes it. */
export interface ToolDefinition<Input, Output> extends Texts {
  readonly name: string;
  /** Whether a call changes anything at Sequence; what `annotations` tell a host follows from it. */
  readonly effect: 'read' | 'write';
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** Calls whose results README.md shows, from the demo's account. */
  readonly examples: readonly NoInfer<Input>[];
  /** Returns what the model reads, or throws a `CallError`. */
  readonly handle: (input: Input, call: Call) => Promise<Output>;
}

/** A tool that checks its own arguments, so that tools of all types fit in one list. */
export interface Tool extends Texts {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly effect: 'read' | 'write';
  readonly examples: readonly object[];
  /** Checks the arguments, and gives the call that they ask for. Throws an `invalid_request` where they are wrong. */
  readonly prepare: (args: unknown) => (call: Call) => Promise<object>;
}

/** How a call ended: the outcome in its result, `ok` where it has none, or the kind of its error. */
export interface CallRecord {
  readonly tool: string;
  readonly outcome: string;
}

export interface ToolDependencies {
  /** Throws a `configuration` error if there is no usable key. */
  readonly createClient: () => SequenceClient;
  /** Deadline of one call in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Log;
  /** Takes the key out of a text that leaves. */
  readonly redact: (text: string) => string;
  readonly onCall: (record: CallRecord) => void;
}

/** A tool from its literal, from which its types are inferred. */
export function defineTool<Input extends object, Output extends object>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  const { handle, ...tool } = definition;
  const prepare = (args: unknown) => {
    const input = parseInput(definition, args);
    return (call: Call) => handle(input, call);
  };
  return { ...tool, prepare };
}

const ANNOTATIONS = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  write: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
} as const;

/** Offers a tool on a server. This is the one place where errors are caught and results take the protocol's form. */
export function registerTool(
  server: McpServer,
  tool: Tool,
  { createClient, timeoutMs, log, redact, onCall }: ToolDependencies,
): void {
  const { name, title, description, searchHint, effect } = tool;
  server.registerTool(
    name,
    {
      title,
      description,
      inputSchema: advertised(tool, 'input'),
      outputSchema: advertised(tool, 'output'),
      annotations: { title, ...ANNOTATIONS[effect] },
      ...(searchHint && { _meta: { 'anthropic/searchHint': searchHint } }),
    },
    async (args, ctx): Promise<CallToolResult> => {
      try {
        const call = tool.prepare(args);
        const client = createClient();
        const output = await withDeadline(timeoutMs, ctx.mcpReq.signal, (deadline) =>
          call({ client, deadline, reportProgress: progressReporter(ctx) }),
        );
        onCall({ tool: name, outcome: 'outcome' in output ? String(output.outcome) : 'ok' });
        const text = render(output, redact);
        return { content: [{ type: 'text', text }], structuredContent: JSON.parse(text) };
      } catch (error) {
        if (!(error instanceof CallError) && !ctx.mcpReq.signal.aborted)
          log('error', detailOf(error));
        onCall({ tool: name, outcome: ctx.mcpReq.signal.aborted ? 'cancelled' : kindOf(error) });
        return { content: [{ type: 'text', text: redact(describeError(error)) }], isError: true };
      }
    },
  );
}

/** Fields that a model sends back or acts on: they leave as they came, or not at all. */
const VERBATIM: readonly string[] = ['after', 'before', 'customerId'];

/** A result as JSON. Its texts are redacted before they are cut, so that no cut leaves a beginning of the key. */
function render(output: object, redact: ToolDependencies['redact']): string {
  return JSON.stringify(output, (field, value: unknown) => {
    if (typeof value !== 'string') return value;
    const safe = redact(value);
    if (!VERBATIM.includes(field)) return presentable(safe);
    if (safe === value) return value;
    throw new CallError(
      'unexpected_response',
      `Sequence sent the API key in ${field}, so it is not shown.`,
      TRY_ONCE_MORE,
    );
  });
}

/**
 * What `tools/list` says of a schema, for the SDK to advertise. It accepts every value: input is checked in `parseInput`,
 * whose words are ours, and output is built by our own handlers and held against its schema in tests, not on each call.
 */
function advertised(tool: Tool, io: 'input' | 'output'): StandardSchemaWithJSON<unknown, unknown> {
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

/** By schema: over HTTP there is a server for each request, and the SDK asks for these each time. */
const converted = new WeakMap<z.ZodType, Record<string, unknown>>();

/**
 * The JSON Schema that `tools/list` shows, without `$schema`: the dialect is the protocol's default, and
 * a model would pay for reading it.
 */
function jsonSchemaOf(
  tool: Pick<Tool, 'input' | 'output'>,
  io: 'input' | 'output',
): Record<string, unknown> {
  const known = converted.get(tool[io]);
  if (known) return known;
  const { $schema: _, ...json } = z.toJSONSchema(tool[io], { io });
  converted.set(tool[io], json);
  return json;
}

function parseInput<Input>(tool: ToolDefinition<Input, unknown>, args: unknown): Input {
  const parsed = tool.input.safeParse(dropAbsent(args));
  if (parsed.success) return parsed.data;
  // Of our own words alone: a name that it does not take is the caller's text.
  const problems = parsed.error.issues.map(({ code, path, message }) =>
    code === 'unrecognized_keys'
      ? 'it has an argument of another name'
      : [...path, message].join(': '),
  );
  throw new CallError(
    'invalid_request',
    `The arguments of ${tool.name} are not valid: ${problems.join('; ')}.`,
    `Correct them and call again; it takes ${Object.keys(jsonSchemaOf(tool, 'input')['properties'] ?? {}).join(', ')}.`,
  );
}

/** Models send `null` or `""` for an argument that they mean to leave out. */
function dropAbsent(args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args ?? {};
  return Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== null && value !== ''),
  );
}

function progressReporter({ mcpReq }: ServerContext): Call['reportProgress'] {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  return (progress, message) => {
    // A reader that is gone is noticed elsewhere; a lost notification costs nothing.
    mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, progress, message } })
      .catch(() => {});
  };
}
