import { defineConfig } from 'vitest/config'

const results = process.env.TEST_RESULTS // where .ci/run wants a report to count from

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
  },
})
