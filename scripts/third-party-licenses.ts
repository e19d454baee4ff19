import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'rolldown';

const NODE_MODULES = realpathSync(fileURLToPath(new URL('../node_modules', import.meta.url)));

/** The SDK contains code of other packages, which its bundler marked with comments. */
const INLINED = /^\/\/#region \S*\/\.pnpm\/(?<name>(?:@[^/@]+\+)?[^/@]+)@(?<version>[^/_(]+)/gm;

interface Package {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * A rolldown plugin that writes `fileName`: name, version, licence and licence text of every package in the bundle, each text
 * once. Bundles that share the plugin add to the same list.
 */
export function thirdPartyLicenses(fileName: string): Plugin {
  /** Licence texts by package. */
  const texts = new Map<string, string>();
  return {
    name: 'third-party-licenses',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle)
        .flatMap((output) => (output.type === 'chunk' ? Object.entries(output.modules) : []))
        .filter(([id, { renderedLength }]) => renderedLength > 0 && existsSync(id))
        .flatMap(([id]) => (relative(NODE_MODULES, id).startsWith('..') ? [] : [id]));
      if (modules.length === 0) throw new Error('No package was found in the bundle.');
      for (const id of modules) {
        for (const { name, version, license, folder } of [packageAround(id), ...inlinedIn(id)]) {
          texts.set(`${name}@${version} (${license})`, licenseText(folder));
        }
      }
      const headings = [...texts.keys()].sort();
      const sections = [...new Set(headings.map((heading) => texts.get(heading)))].map((text) => {
        const packages = headings.filter((heading) => texts.get(heading) === text);
        return `${packages.join('\n')}\n\n${text}\n`;
      });
      this.emitFile({ type: 'asset', fileName, source: sections.join(`\n${'-'.repeat(80)}\n\n`) });
    },
  };
}

/** The package of a module: the nearest package.json above it that has a name and a version. */
function packageAround(id: string): Package {
  for (let folder = dirname(id); folder !== NODE_MODULES; folder = dirname(folder)) {
    const found = packageIn(folder);
    if (found) return found;
  }
  throw new Error(`${id} belongs to no package that states a licence.`);
}

function inlinedIn(id: string): Package[] {
  return [...readFileSync(id, 'utf8').matchAll(INLINED)].map(({ groups }) => {
    const name = groups?.['name']?.replace('+', '/') ?? '';
    const found = packageIn(join(NODE_MODULES, name));
    if (found?.version === groups?.['version'] && found) return found;
    throw new Error(`${id} contains ${name} ${groups?.['version']}, whose licence is not in node_modules.`);
  });
}

function packageIn(folder: string): Package | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const { name, version, license } = JSON.parse(readFileSync(file, 'utf8'));
  return name && version && license ? { folder, name, version, license } : undefined;
}

function licenseText(folder: string): string {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${folder} has no licence file.`);
  return readFileSync(join(folder, file), 'utf8').trim();
}
