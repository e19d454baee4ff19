import { execFileSync } from 'node:child_process';
import packageJson from '../package.json' with { type: 'json' };
import type { Part } from './report.ts';

/** The size of `npm install`, as npm reports it for the package to publish. */
export const size = {
  figures: {
    unpacked: { name: 'installed size with the Worker, MB', atMost: 0.9 },
    packages: { name: 'packages installed', atMost: 1, digits: 0 },
  },
  rounds: 1,
  async measure() {
    const pack = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
    const [{ unpackedSize }] = JSON.parse(pack);
    const dependencies = 'dependencies' in packageJson ? Object.keys(Object(packageJson.dependencies)) : [];
    return {
      unpacked: unpackedSize / 1e6,
      packages: 1 + dependencies.length,
    };
  },
} satisfies Part;
