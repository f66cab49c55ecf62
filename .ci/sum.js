// Adds up test results: vitest's JSON reports (*.json), or the line `tests: N passed, N failed, N skipped` in the text a
// run printed when it left no report. Files that are not there count nothing. Prints that same line for all.

import { existsSync, readFileSync } from 'node:fs'

const total = { passed: 0, failed: 0, skipped: 0 }
const reported = new Set()

for (const path of process.argv.slice(2)) {
  const run = path.replace(/\.\w+$/, '')
  if (!existsSync(path) || reported.has(run)) continue
  const text = readFileSync(path, 'utf8')
  if (path.endsWith('.json')) {
    const report = JSON.parse(text)
    // A file that did not load has no tests, and is a failure all the same.
    const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
    add(report.numPassedTests, report.numFailedTests + broken, report.numPendingTests + report.numTodoTests)
    reported.add(run)
  } else {
    const line = [...text.matchAll(/^tests: (\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1)
    if (line !== undefined) add(Number(line[1]), Number(line[2]), Number(line[3]))
  }
}
console.log(`tests: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)

function add(passed, failed, skipped) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}
