import manifest from '../package.json' with { type: 'json' };

// Named imports, so that the build inlines these fields of package.json and drops the rest.
export const name = manifest.name;
export const version = manifest.version;
export const description = manifest.description;
