// Builds dist/: one minified ESM program. Its bin checks the runtime, then loads the rest; the demo's data is a chunk too.
import { chmod, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { description, name, version } from '../src/about.ts';
import { TOOLS } from '../src/tools/index.ts';
import { jsonSchemaOf } from '../src/tools/json-schema.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Replaces every match; an SDK in which there is none has changed, and this build with it. */
function replaced(code: string, pattern: RegExp, by: (...match: string[]) => string, id: string): string {
  if (!pattern.test(code)) throw new Error(`Nothing in ${id} matches ${pattern}: look at what the SDK does there now.`);
  return code.replace(pattern, by);
}

const jsonSchemas = Object.fromEntries(
  TOOLS.map((tool) => [tool.name, { input: jsonSchemaOf(tool, 'input'), output: jsonSchemaOf(tool, 'output') }]),
);

await rm(at('dist'), { recursive: true, force: true });
const bundle = await rolldown({
  input: { cli: at('src/bin.ts') },
  platform: 'node',
  plugins: [
    {
      // The bundle carries these three facts, not the list of our development tools.
      name: 'package-facts',
      load: (id) =>
        id === at('package.json') ? { code: JSON.stringify({ name, version, description }), moduleType: 'json' } : null,
    },
    {
      // Converting the tools' schemas takes a few milliseconds of every start, always to the same effect.
      name: 'finished-json-schemas',
      load: (id) =>
        id === at('src/tools/json-schema.ts')
          ? `const schemas = ${JSON.stringify(jsonSchemas)}; export const jsonSchemaOf = ({ name }, io) => schemas[name][io];`
          : null,
    },
    {
      // The SDK brings a JSON Schema validator for elicitation, which a server that only has tools never asks for;
      // and it imports node:process, for which Node reads every property of it, where the global is at hand.
      name: 'no-json-schema-validator',
      resolveId: (id) => (id === '@modelcontextprotocol/server/_shims' ? 'sdk-shims' : null),
      load: (id) =>
        id === 'sdk-shims' ? 'export const { process } = globalThis; export class DefaultJsonSchemaValidator {}' : null,
    },
    {
      // The SDK builds some 180 schemas at import to publish every type of the specification by name. Nothing here asks
      // for one by name; without that registry, and with each marked as free of side effects, only those in use stay.
      name: 'no-schema-registry',
      transform(code, id) {
        if (/@modelcontextprotocol\/server\/dist\/src-/.test(id)) {
          return replaced(code, /^for \(const .*\) register\(key, .*\);$/gm, () => '', id);
        }
        if (/@modelcontextprotocol\/core\/dist\/(auth|schemas)-/.test(id)) {
          const definition = /^(const \w+Schema = )((?:z\.|\w+Schema\.)[\s\S]*?);\n(?=\n|[^\s})\]])/gm;
          return replaced(code, definition, (_, name, schema) => `${name}/* @__PURE__ */ (() => ${schema})();\n`, id);
        }
        return null;
      },
    },
    thirdPartyLicenses('THIRD-PARTY-LICENSES.txt'),
  ],
});
await bundle.write({
  dir: at('dist'),
  format: 'esm',
  minify: true,
  entryFileNames: '[name].js',
  chunkFileNames: ({ name }) => (name === 'cli' ? 'server.js' : '[name].js'),
});
await chmod(at('dist/cli.js'), 0o755);
