import type { McpServer, StandardSchemaWithJSON } from '@modelcontextprotocol/server';
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

export interface ToolDependencies {
  /** Throws a `configuration` error if there is no usable key. */
  readonly createClient: () => SequenceClient;
  /** Deadline of one call in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Log;
  /** Takes the key out of a text that leaves. */
  readonly redact: (text: string) => string;
  /** Told how each call ended: its result's outcome, `ok` if it has none, or the kind of its error. */
  readonly onCall: (outcome: string) => void;
}

/** Checks a tool's literal against the types of its own schemas. */
export function defineTool<I extends Schema, O extends Schema>(tool: Tool<I, O>): Tool {
  return tool;
}

const ANNOTATIONS = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  write: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
};

/** Offers a tool on a server. The one place that catches errors and serialises results. */
export function registerTool(
  server: McpServer,
  tool: Tool,
  { createClient, timeoutMs, log, redact, onCall }: ToolDependencies,
): void {
  const { name, title, description, searchHint, effect } = tool;
  const listing = {
    title,
    description,
    inputSchema: advertise(tool.input),
    outputSchema: advertise(tool.output),
    annotations: { title, ...ANNOTATIONS[effect] },
    ...(searchHint && { _meta: { 'anthropic/searchHint': searchHint } }),
  };
  server.registerTool(name, listing, async (args, { mcpReq }) => {
    const { signal, notify, _meta: { progressToken } = {} } = mcpReq;
    const reportProgress = (progress: number, message: string) => {
      if (progressToken === undefined) return;
      const params = { progressToken, progress, message };
      // A reader that is gone is noticed elsewhere; a lost notification costs nothing.
      notify({ method: 'notifications/progress', params }).catch(() => {});
    };
    try {
      const input = parseInput(tool, args);
      const client = createClient();
      const output = await withDeadline(timeoutMs, signal, (deadline) =>
        tool.handle(input, { client, deadline, reportProgress }),
      );
      const text = render(output, redact);
      onCall('outcome' in output ? String(output.outcome) : 'ok');
      return { content: [{ type: 'text', text }], structuredContent: JSON.parse(text) };
    } catch (error) {
      if (!(error instanceof CallError) && !signal.aborted) log('error', detailOf(error));
      onCall(signal.aborted ? 'cancelled' : kindOf(error));
      return { content: [{ type: 'text', text: redact(describeError(error)) }], isError: true };
    }
  });
}

/** Fields that a model sends back or acts on: they leave as they came, or not at all. */
const VERBATIM: readonly string[] = ['after', 'before', 'customerId'];

/** A result as JSON. Texts are redacted before they are cut: a cut would leave part of the key. */
function render(output: object, redact: (text: string) => string): string {
  return JSON.stringify(output, (field, value: unknown) => {
    if (typeof value !== 'string') return value;
    const safe = redact(value);
    if (!VERBATIM.includes(field)) return sanitize(safe);
    if (safe === value) return value;
    const happened = `Sequence sent the API key in ${field}, so it is not shown.`;
    throw new CallError('unexpected_response', happened, TRY_ONCE_MORE);
  });
}

/** For the SDK to list. It accepts any value: `parseInput` checks input, and tests check output. */
function advertise(schema: z.ZodType): StandardSchemaWithJSON<unknown, unknown> {
  const toJson = () => {
    // `$schema` names the protocol's default, and a model would pay for reading it.
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' });
    return json;
  };
  const jsonSchema = { input: toJson, output: toJson };
  const validate = (value: unknown) => ({ value });
  return { '~standard': { version: 1, vendor: 'sequence', validate, jsonSchema } };
}

/** The arguments by the tool's own schema. Throws an `invalid_request` that a model can act on. */
function parseInput({ name, input }: Tool, args: unknown): Record<string, unknown> {
  // Models send `null` or `""` for an argument that they mean to leave out.
  const given = Object.entries(Object(args)).filter(([, value]) => value !== null && value !== '');
  const parsed = input.safeParse(Object.fromEntries(given), { error: ownWords });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new CallError(
    'invalid_request',
    `The arguments of ${name} are not valid: ${problems.join('; ')}.`,
    `Correct them and call again; it takes ${Object.keys(input.shape).join(', ')}.`,
  );
}

/** Not zod's words for an unknown argument: they repeat its name, which is the caller's text. */
const ownWords: z.core.$ZodErrorMap = ({ code }) =>
  code === 'unrecognized_keys' ? 'it has an argument of another name' : undefined;
