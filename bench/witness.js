// Loaded into a measured process (node --import): tells on file descriptor 3, when it ends, what the process took.

import { readFileSync, writeSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'

let collections = 0
const observer = new PerformanceObserver((list) => { collections += list.getEntries().length })
observer.observe({ entryTypes: ['gc'] })

process.on('exit', () => {
  collections += observer.takeRecords().length
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  writeSync(3, JSON.stringify({ peakBytes: peakKb() * 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000, collections }))
})

/** Most memory this process ever had resident. Linux counts in ru_maxrss what its parent had too: VmHWM is its own. */
function peakKb() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
  } catch {
    return process.resourceUsage().maxRSS
  }
}
