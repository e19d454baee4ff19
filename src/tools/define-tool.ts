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
import { sanitize } from '../text.ts';

/** What a handler gets beside its input. */
export interface Call {
  readonly client: SequenceClient;
  /** Of the whole tool call. */
  readonly deadline: Deadline;
  /** Tells a caller that asked for progress how much is done: a number that grows, and words. */
  readonly reportProgress: (progress: number, message: string) => void;
}

/** A tool as its file writes it. */
export interface ToolDefinition<Input, Output> {
  readonly name: string;
  readonly title: string;
  /** Its first 130 characters stand alone: several hosts show no more before a model searches. */
  readonly description: string;
  /** More words by which Claude Code's search for tools finds this one. */
  readonly searchHint?: string;
  /** Whether a call changes anything at Sequence. The tool's annotations follow from it. */
  readonly effect: 'read' | 'write';
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** Returns what the model reads, or throws a `CallError`. JSON leaves out what is `undefined`. */
  readonly handle: (input: Input, call: Call) => Promise<Output>;
}

/** A tool that checks its own arguments, so that tools of all types fit in one list. */
export interface Tool extends Omit<ToolDefinition<unknown, unknown>, 'handle'> {
  /** Returns the call that the arguments ask for. Throws an `invalid_request` if they are wrong. */
  readonly prepare: (args: unknown) => (call: Call) => Promise<object>;
}

/** How a call ended: its result's outcome, or `ok` if it has none, or the kind of its error. */
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

/** Offers a tool on a server. The one place that catches errors and serialises results. */
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
      inputSchema: advertised(tool.input, 'input'),
      outputSchema: advertised(tool.output, 'output'),
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
        const text = render(output, redact);
        onCall({ tool: name, outcome: 'outcome' in output ? String(output.outcome) : 'ok' });
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

/** A result as JSON. Texts are redacted before they are cut: a cut would leave part of the key. */
function render(output: object, redact: ToolDependencies['redact']): string {
  return JSON.stringify(output, (field, value: unknown) => {
    if (typeof value !== 'string') return value;
    const safe = redact(value);
    if (!VERBATIM.includes(field)) return sanitize(safe);
    if (safe === value) return value;
    throw new CallError(
      'unexpected_response',
      `Sequence sent the API key in ${field}, so it is not shown.`,
      TRY_ONCE_MORE,
    );
  });
}

/**
 * A schema for the SDK to advertise. It accepts every value: `parseInput` checks input in our
 * words, and tests check output.
 */
function advertised(
  schema: z.ZodType,
  io: 'input' | 'output',
): StandardSchemaWithJSON<unknown, unknown> {
  const toJson = () => jsonSchemaOf(schema, io);
  return {
    '~standard': {
      version: 1,
      vendor: 'sequence-mcp-server',
      validate: (value) => ({ value }),
      jsonSchema: { input: toJson, output: toJson },
    },
  };
}

/** By schema: over HTTP each request has a server of its own, which asks again. */
const converted = new WeakMap<z.ZodType, Record<string, unknown>>();

/** Without `$schema`: it names the protocol's default, and a model would pay for reading it. */
function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const known = converted.get(schema);
  if (known) return known;
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io });
  converted.set(schema, json);
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
  const names = Object.keys(jsonSchemaOf(tool.input, 'input')['properties'] ?? {});
  throw new CallError(
    'invalid_request',
    `The arguments of ${tool.name} are not valid: ${problems.join('; ')}.`,
    `Correct them and call again; it takes ${names.join(', ')}.`,
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
