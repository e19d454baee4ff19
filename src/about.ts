import manifest from '../package.json' with { type: 'json' };

// What package.json says of us. One by one, so that the build inlines these and drops the rest.
export const name = manifest.name;
export const version = manifest.version;
export const description = manifest.description;
