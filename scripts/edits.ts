import type { Plugin } from 'rolldown';

/** A change to the code of modules before they are bundled. */
export interface Edit {
  readonly name: string;
  /** The modules it is about: one file's path, or a pattern for ids, which have `/` between folders on every system. */
  readonly modules: string | RegExp;
  /** The part of a module that it is about, where that is not all of it. */
  readonly within?: RegExp;
  /** What is replaced, wherever it stands there; without it, all of it. */
  readonly pattern?: RegExp;
  readonly by: (...match: string[]) => string;
  /** How many replacements a build makes. Any other number means that the code is no longer what the edit was written for. */
  readonly times: number;
}

/** A module's id or a path as it is compared: Windows writes `\`. */
export const slashed = (id: string): string => id.replaceAll('\\', '/');

const ALL = /^[\s\S]*$/g;

const isAbout = (modules: Edit['modules'], id: string) =>
  typeof modules === 'string' ? slashed(modules) === slashed(id) : modules.test(slashed(id));

/** A rolldown plugin that makes one edit, counts what it replaced, and fails the build when that is not what was expected. */
export function edit({ name, modules, within = ALL, pattern = ALL, by, times }: Edit): Plugin {
  let replaced = 0;
  return {
    name,
    transform(code, id) {
      if (!isAbout(modules, id)) return null;
      const edited = code.replace(within, (part) =>
        part.replace(pattern, (...match: string[]) => {
          replaced += 1;
          return by(...match);
        }),
      );
      // Edits within a module keep its lines, so that source maps still lead to them.
      return { code: edited, map: null };
    },
    buildEnd(error) {
      if (error || replaced === times) return;
      throw new Error(`${name} changed ${replaced} places and not ${times}: look at what ${modules} finds there now.`);
    },
  };
}
