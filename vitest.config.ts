import { defineConfig } from 'vitest/config';

// Tests spawn real runtimes, of which Deno starts slowest; nothing asserts a time.
export default defineConfig({ test: { dir: 'test', testTimeout: 60_000, hookTimeout: 60_000 } });
