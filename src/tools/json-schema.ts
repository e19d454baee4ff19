import * as z from 'zod';

export interface Schemas {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/**
 * The JSON Schema that `tools/list` shows. Without `$schema`: the dialect is the protocol's default, and a model would pay
 * for reading it. The build puts the finished schemas in the place of this file, so that no start converts them again.
 */
export function jsonSchemaOf(tool: Schemas, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(tool[io], { io });
  return json;
}
