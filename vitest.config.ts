import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

// Tests spawn real runtimes, of which Deno starts slowest; nothing asserts a time.
export default defineConfig({
  test: {
    dir: 'test',
    // Below `dir`: suites of their own. Their scripts name one of them as `dir`, where these match nothing.
    exclude: [...configDefaults.exclude, 'interop/**', 'browser/**', 'fleet/**', 'load/**'],
    // Modules load once for each worker: none of ours has state.
    isolate: false,
    // Most tests wait for a child process. On two cores, more workers only take more processor time.
    maxWorkers: Math.max(4, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
