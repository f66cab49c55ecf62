import { defineConfig } from 'vitest/config'
import { reporters } from './vitest.reporters.ts'

// npm run test:kernel: what asks the kernel that runs here.
export default defineConfig({ test: { reporters, include: ['test/kernel/**/*.kernel.ts'], testTimeout: 120_000 } })
