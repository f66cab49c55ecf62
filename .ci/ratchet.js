// Holds the score to what .ci/score.json records: `node ratchet.js TEXT [--record]`, TEXT being what score.mjs printed. Counted are
// captures that are whole, and what is not the kernel's in the others; the score may only rise.

import { readFileSync, writeFileSync } from 'node:fs'

const RATCHET = new URL('score.json', import.meta.url)
const [path, mode] = process.argv.slice(2)
const text = readFileSync(path, 'utf8')

const last = /^captures (\d+)\/(\d+) whole; verdicts \S+ of (\d+); tables \S+ of (\d+) lines; reasons \S+ of (\d+); events \S+ of (\d+)/m.exec(text)
if (last === null) {
  console.error('score: there is no last line to read')
  process.exit(1)
}
const [whole, captures, verdicts, tables, reasons, events] = last.slice(1).map(Number)
const wrong = { verdicts: 0, tables: 0, reasons: 0, events: 0 }
for (const [, name, right, of] of text.matchAll(/(verdicts|tables|reasons|events) (\d+)\/(\d+)(?= |$)/gm)) wrong[name] += Number(of) - Number(right)
const now = {
  captures: { right: whole, of: captures },
  verdicts: { right: verdicts - wrong.verdicts, of: verdicts },
  tables: { right: tables - wrong.tables, of: tables },
  reasons: { right: reasons - wrong.reasons, of: reasons },
  events: { right: events - wrong.events, of: events },
}
const line = (score) => Object.entries(score).map(([name, { right, of }]) => `${name} ${right}/${of}`).join(', ')
console.log(`score: ${line(now)}`)

if (mode === '--record') writeFileSync(RATCHET, `${JSON.stringify(now, null, 2)}\n`)
else {
  const recorded = JSON.parse(readFileSync(RATCHET, 'utf8'))
  const missing = ({ right, of }) => of - right
  const isLess = (name) => now[name].right < recorded[name].right || missing(now[name]) > missing(recorded[name])
  const fell = Object.keys(recorded).filter(isLess)
  if (fell.length > 0) {
    console.error(`score: fell in ${fell.join(' and ')}; recorded is ${line(recorded)}`)
    process.exit(1)
  }
}
