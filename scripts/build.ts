// Builds dist/, and the source maps beside it in sourcemaps/, which are not shipped.
// bun scripts/build.ts [--root <a tree like this one>] [--out-dir <folder>] [--sourcemaps <folder>]
import { chmod, mkdir, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { stdioProgram } from './programs.ts';

const { values } = parseArgs({
  options: { root: { type: 'string' }, 'out-dir': { type: 'string' }, sourcemaps: { type: 'string' } },
});
// Modules are known by the paths that no link leads to.
const root = await realpath(values.root ?? fileURLToPath(new URL('..', import.meta.url)));
const { 'out-dir': outDir = join(root, 'dist'), sourcemaps = join(root, 'sourcemaps') } = values;

for (const folder of [outDir, sourcemaps]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
for (const { input, output } of [await stdioProgram(root)]) {
  const bundle = await rolldown(input);
  const written = await bundle.write({ ...output, dir: outDir });
  for (const { fileName } of written.output) {
    if (fileName.endsWith('.map')) await rename(join(outDir, fileName), join(sourcemaps, fileName));
  }
}
await chmod(join(outDir, 'cli.cjs'), 0o755);
