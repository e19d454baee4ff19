// Packs the extension for Claude Desktop: the manifest, the built program, the icon and the licences.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packExtension } from '@anthropic-ai/mcpb/cli';
import packageJson from '../package.json' with { type: 'json' };

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const { name, version, license, engines } = packageJson;
const outputPath = resolve(process.argv[2] ?? at(`${name}-${version}.mcpb`));
const staging = await mkdtemp(join(tmpdir(), 'mcpb-'));
try {
  for (const path of ['manifest.json', 'dist', 'assets/icon.png', 'LICENSE']) {
    // Desktop starts a process, so the Worker is left out.
    await cp(at(path), join(staging, path), { recursive: true, filter: (source) => !source.endsWith('worker.js') });
  }
  await writeFile(join(staging, 'package.json'), JSON.stringify({ name, version, license, engines }));
  if (await packExtension({ extensionPath: staging, outputPath, silent: true }))
    process.stdout.write(`${outputPath}\n`);
  else process.exitCode = 1;
} finally {
  await rm(staging, { recursive: true });
}
