// What is installed and run: one file for the library, one for the command line, one for the process that live starts for cap, and a
// chunk for each command. The table, which is what most runs print, has a chunk of its own, so that they load nothing else; so have
// diagnoses, rules and sizing, which are large.
//
// Not only to start sooner. A constant or function imported from another module is read through a cell that V8 cannot see
// through: with every module in a file of its own a packet takes a third longer. In one scope, constants become literals.

import { defineConfig } from 'rolldown'
import pkg from './package.json' with { type: 'json' }

export default defineConfig({
  input: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts', 'live/cap-process': 'src/live/cap-process.ts' },
  platform: 'node',
  external: [/^node:/, ...Object.keys({ ...pkg.dependencies, ...pkg.optionalDependencies })],
  optimization: { inlineConst: { mode: 'all', pass: 3 } },
  output: {
    dir: 'dist',
    cleanDir: true,
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: {
      groups: [
        { name: 'engine', test: /src.(base|capture|link|ip|timers|table|protocols|helpers|conntrack|engine)\b/, priority: 3 },
        { name: 'table', test: /src.(replay|views.(table-printer|forms|filter|procfs))\.ts/, priority: 2 },
        { name: 'snapshot', test: /src.cli.(commands|exit-codes|program|session|progress|options|filter-options|order-options|commands.snapshot)\.ts/, priority: 2, includeDependenciesRecursively: false },
        { name: 'diagnoses', test: /src.diagnoses\b/, priority: 1 },
        { name: 'rules', test: /src.(rules|views.rules-\w+)\b/, priority: 1 },
        { name: 'sizing', test: /src.sizing\b/, priority: 1 },
      ],
    },
  },
  checks: { ineffectiveDynamicImport: false },
})
