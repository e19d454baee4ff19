import manifest from '../package.json' with { type: 'json' };

/** What package.json says of us; the build inlines it, so nothing is read at run time. */
export const { name, version, description } = manifest;

/** The runtime and its version, such as `node 20.20.2`. Bun and Deno also claim to be a Node, so they are asked first. */
export function describeRuntime(versions: NodeJS.ProcessVersions): string {
  if (versions['bun']) return `bun ${versions['bun']}`;
  if (versions['deno']) return `deno ${versions['deno']}`;
  return `node ${versions.node}`;
}
