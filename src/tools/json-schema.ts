import * as z from 'zod';

export interface Schemas {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** By schema: over HTTP a server is made for every request, and the SDK asks for these each time. */
const converted = new WeakMap<z.ZodType, Record<string, unknown>>();

/**
 * The JSON Schema that `tools/list` shows. Without `$schema`: the dialect is the protocol's default, and a model would pay
 * for reading it. The build puts the finished schemas in the place of this file, so that no start converts them again.
 */
export function jsonSchemaOf(tool: Schemas, io: 'input' | 'output'): Record<string, unknown> {
  const kept = converted.get(tool[io]);
  if (kept) return kept;
  const { $schema: _, ...json } = z.toJSONSchema(tool[io], { io });
  converted.set(tool[io], json);
  return json;
}
