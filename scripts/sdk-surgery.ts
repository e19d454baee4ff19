// What a build changes in the code of the MCP SDK 2.4.0, and why. An edit can go when a build without it starts as fast,
// or when the SDK leaves the same out by itself; `times` tells when a new version of the SDK must be looked at again.
// Gains are main-thread time from spawn to the first `tools/list`, of about 64 ms with all of them, on Node 20, in runs
// that took builds in turn.
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Edit } from './edits.ts';

const SERVER = /@modelcontextprotocol\/server\/dist\/src-[^/]*\.mjs$/;

/** The messages that a server with nothing but tools takes or checks. Of any other the SDK says "Method not found" as before. */
const MESSAGES = String.raw`(?:Ping|Initialize|CallTool|ListTools)RequestSchema\b|CallToolResultWireSchema\b|(?:Cancelled|Progress|Initialized)NotificationSchema\b`;

/** In the SDK's own layout: the function that makes the schemas of 2025-11-25 and older, and the one that looks them up. */
const SCHEMAS_2025 = /^function build\$1\(\) \{\n[\s\S]*?^\}$/gm;
const REGISTRY_2025 = /^function registryMaps\(\) \{\n[\s\S]*?^\}$/gm;

/** Nothing but the line ends, so that source maps go on leading to the right lines. */
const blank = (text = '') => text.replace(/[^\n]/g, '');
/** A definition that the bundler drops where nobody uses it. */
const pure = (_: string, start = '', schema = '') => `${start}/* @__PURE__ */ (() => ${schema})();\n`;

/** The module that has `McpServer`, and the name that it is exported by there. */
function mcpServerModule(): { path: string; exported: string } {
  const index = realpathSync(fileURLToPath(import.meta.resolve('@modelcontextprotocol/server')));
  const [, exported = '', file = ''] =
    /^import \{[^}]*\b(\w+) as McpServer\b[^}]*\} from "\.\/([^"]+)";$/m.exec(readFileSync(index, 'utf8')) ?? [];
  return { path: join(index, '..', file), exported };
}

export const SDK_SURGERY: readonly Edit[] = [
  {
    // The SDK's main module also has its two HTTP transports, which the start on stdio would load with it.
    // Leaves 22 kB to the chunk that serves over HTTP.
    name: 'no-http-transports-at-the-start',
    modules: /\/src\/server\.ts$/,
    pattern: /^import \{ McpServer \} from '@modelcontextprotocol\/server';$/gm,
    by: () => {
      const { path, exported } = mcpServerModule();
      return `import { ${exported} as McpServer } from ${JSON.stringify(path)};`;
    },
    times: 1,
  },
  {
    // It brings a JSON Schema validator for elicitation, which a server that only has tools never asks for; and it
    // imports node:process, for which Node reads every property of it, where the global is at hand. Gains 18 ms.
    name: 'no-json-schema-validator',
    modules: /@modelcontextprotocol\/server\/dist\/shimsNode\.mjs$/,
    by: () => 'export const { process } = globalThis; export class DefaultJsonSchemaValidator {}',
    times: 1,
  },
  {
    // It makes some 180 schemas at import to publish every type of the specification by name. Nothing here asks for one.
    // With the next edit, gains 13 ms.
    name: 'no-schema-registry',
    modules: SERVER,
    pattern: /^for \(const .*\) register\(key, .*\);$/gm,
    by: blank,
    times: 2,
  },
  {
    // Of those 180, what that registry alone had used goes.
    name: 'no-unused-schemas',
    modules: /@modelcontextprotocol\/core\/dist\/(auth|schemas)-[^/]*\.mjs$/,
    pattern: /^(const \w+Schema = )((?:z\.|\w+Schema\.)[\s\S]*?);\n(?=\n|[^\s})\]])/gm,
    by: pure,
    times: 180,
  },
  {
    // The first `initialize` makes the schemas of every message of the protocol. Those that tools need are a few.
    // With the next two edits, gains 9 ms and 14 kB. Hosts that speak 2026-07-28 have schemas of their own, which stay.
    name: 'no-lookup-of-other-messages',
    modules: SERVER,
    within: REGISTRY_2025,
    pattern: new RegExp(String.raw`^\t\t\t(?:"[\w/]+"|\w+): s\.(?!${MESSAGES})\w+,?$`, 'gm'),
    by: blank,
    times: 39,
  },
  {
    name: 'no-export-of-other-messages',
    modules: SERVER,
    within: SCHEMAS_2025,
    pattern: new RegExp(
      String.raw`^\t\t(?!${MESSAGES})[A-Z]\w+Schema: (?:\w+Schema\$1|z\.)[\s\S]*?(?=\n\t\t[A-Z]|\n\t\};)`,
      'gm',
    ),
    by: blank,
    times: 140,
  },
  {
    name: 'no-schemas-of-other-messages',
    modules: SERVER,
    within: SCHEMAS_2025,
    pattern: /^(\tconst \w+Schema\$1 = )((?:z\.|\w+Schema\$1\.)[\s\S]*?);\n(?=\t(?:const|\/\*\*|return))/gm,
    by: pure,
    times: 137,
  },
];
