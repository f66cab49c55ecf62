#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'

// What happens to every packet is one long path of small functions. V8 stops inlining them long before the path ends,
// unless it is told otherwise before they get hot: a sixth of a packet's time.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=4000')

const { main } = await import('../dist/cli/main.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('dist/cli/main.js')) throw error
  console.error('pcap-conntrack: not built yet: npm run build')
  process.exit(2)
})
const exitCode = await main(process.argv.slice(2))
process.exitCode = exitCode
if (exitCode === 130) process.exit() // whatever still waits for input
