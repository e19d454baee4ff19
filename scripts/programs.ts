import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InputOptions, OutputOptions, Plugin } from 'rolldown';
import type { Schemas } from '../src/tools/json-schema.ts';
import { edit } from './edits.ts';
import { SDK_SURGERY } from './sdk-surgery.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

/** A program to be made with rolldown: what goes in, and how it comes out. */
export interface Program {
  readonly input: InputOptions;
  readonly output: OutputOptions;
}

/**
 * The program on stdio: CommonJS, which Node starts some 6 ms sooner than ES modules. Its bin loads the rest, and every other file
 * is named by its content, down to the files that it loads in turn: a program whose files are replaced while it runs
 * finds no file, never one of another build.
 */
export async function stdioProgram(root: string): Promise<Program> {
  const main = 'cli';
  return {
    input: {
      input: { [main]: join(root, 'src/bin.ts') },
      platform: 'node',
      plugins: [
        packageFacts(root),
        await finishedJsonSchemas(root),
        ...SDK_SURGERY.map(edit),
        thirdPartyLicenses('THIRD-PARTY-LICENSES.txt'),
      ],
    },
    output: {
      format: 'cjs',
      minify: true,
      sourcemap: 'hidden',
      entryFileNames: '[name].cjs',
      chunkFileNames: ({ name }) => `${name === main ? 'server' : '[name]'}-[hash].cjs`,
    },
  };
}

/** The bundle carries these three facts, not the list of our development tools. */
function packageFacts(root: string): Plugin {
  const facts = (text: string) => {
    const { name, version, description } = JSON.parse(text);
    return JSON.stringify({ name, version, description });
  };
  return edit({ name: 'package-facts', modules: join(root, 'package.json'), by: facts, times: 1 });
}

/** Converting the tools' schemas would take 2 to 5 ms of every start, always to the same effect. */
async function finishedJsonSchemas(root: string): Promise<Plugin> {
  const load = (path: string) => import(pathToFileURL(join(root, path)).href);
  const { TOOLS }: { TOOLS: readonly Schemas[] } = await load('src/tools/index.ts');
  const { jsonSchemaOf }: typeof import('../src/tools/json-schema.ts') = await load('src/tools/json-schema.ts');
  const schemas = Object.fromEntries(
    TOOLS.map((tool) => [tool.name, { input: jsonSchemaOf(tool, 'input'), output: jsonSchemaOf(tool, 'output') }]),
  );
  return edit({
    name: 'finished-json-schemas',
    modules: join(root, 'src/tools/json-schema.ts'),
    by: () =>
      `const schemas = ${JSON.stringify(schemas)}; export const jsonSchemaOf = ({ name }, io) => schemas[name][io];`,
    times: 1,
  });
}
