import { execFileSync } from 'node:child_process';
import packageJson from '../package.json' with { type: 'json' };
import { definePart } from './part.ts';

/** What `npm install` brings; npm answers for the package as it would be published. */
export const size = definePart({
  figures: {
    unpacked: { name: 'installed size, MB', atMost: 0.9 },
    packages: { name: 'packages installed', atMost: 1, digits: 0 },
  },
  rounds: { full: 1, quick: 1 },
  once: true,
  async measure() {
    const pack = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
    const [{ unpackedSize }] = JSON.parse(pack);
    const dependencies = 'dependencies' in packageJson ? Object.keys(Object(packageJson.dependencies)) : [];
    return { unpacked: unpackedSize / 1e6, packages: 1 + dependencies.length };
  },
});
