import manifest from '../package.json' with { type: 'json' };

/** What package.json says of us; the build inlines it, so nothing is read at run time. */
export const { name, version, description } = manifest;
