import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

// npm run test:kernel: what asks the kernel that runs here.
export default defineConfig({ test: { ...base.test, include: ['test/kernel/**/*.kernel.ts'], testTimeout: 120_000 } })
