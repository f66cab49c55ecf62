import { defineConfig } from 'vitest/config'
import { reporters } from './vitest.reporters.ts'

export default defineConfig({
  test: {
    reporters,
    projects: [
      { test: { name: 'all', include: ['test/**/*.test.ts'], exclude: ['test/live/**'], testTimeout: 30_000 } },
      // Real programs on real interfaces: what a busy machine delays beyond all patience is tried again.
      { test: { name: 'live', include: ['test/live/**/*.test.ts'], testTimeout: 30_000, retry: 2 } },
    ],
  },
})
