import { defineConfig } from 'vitest/config';

// Tests spawn real runtimes, of which Deno starts slowest; nothing asserts a time.
export default defineConfig({
  test: { dir: 'test', testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 30_000 } } },
});
