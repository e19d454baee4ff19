// Changes to the code of @modelcontextprotocol/server and /core 2.4.0 while it is bundled.
import type { Edit } from './edits.ts';

export const SDK_SURGERY: readonly Edit[] = [
  {
    name: 'no-json-schema-validator',
    modules: /@modelcontextprotocol\/server\/dist\/shimsNode\.mjs$/,
    by: () => 'export const { process } = globalThis; export class DefaultJsonSchemaValidator {}',
    times: 1,
  },
  {
    name: 'no-schema-registry',
    modules: /@modelcontextprotocol\/server\/dist\/src-[^/]*\.mjs$/,
    pattern: /^for \(const .*\) register\(key, .*\);$/gm,
    by: () => '',
    times: 2,
  },
  {
    name: 'unused-schemas-may-go',
    modules: /@modelcontextprotocol\/core\/dist\/(auth|schemas)-[^/]*\.mjs$/,
    pattern: /^(const \w+Schema = )((?:z\.|\w+Schema\.)[\s\S]*?);\n(?=\n|[^\s})\]])/gm,
    by: (_, name = '', schema = '') => `${name}/* @__PURE__ */ (() => ${schema})();\n`,
    times: 180,
  },
];
