// Replaces `@modelcontextprotocol/server/_shims` in the build. The SDK's module loads ajv, a JSON Schema validator for
// elicitation, which this server never uses. Without it the program starts in 3.45 times `node -e 0` instead of 3.95, and is
// 154 kB smaller.

/** Undefined on Workers. */
export const { process } = globalThis;

export class DefaultJsonSchemaValidator {}
