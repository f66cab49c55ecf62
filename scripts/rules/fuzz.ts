// Random rulesets and traffic through a Linux kernel and through us.
//
//     npm run fuzz:rules -- [--seed N] [--rulesets N] [--machine bridge|router|both] [--talks N] [--more] [--keep]
//
// Asks scripts/rules/answer.sh, as root: with LINUX_UML a kernel on the capture's clock, else the running one, whose timeouts
// are not compared, and which has all matches (--more: the other has them too). A round that differs is made as small as it gets:
// rules and packets are left out as long as a difference stays. It is left in a folder, from which a golden can be made.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { differences } from './compare.ts'
import { makeRules, makeTraffic } from './generate.ts'
import { makeNatRules, makeRouterTraffic } from './router-traffic.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' }, rulesets: { type: 'string', default: '1' }, talks: { type: 'string', default: '60' },
    machine: { type: 'string', default: 'both' }, more: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false },
  },
})
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))
const hasClock = (process.env.LINUX_UML ?? '') !== ''

interface Round {
  readonly rules: string
  readonly rules6: string
  readonly capture: Uint8Array
}

function make(seed: number, isRouter: boolean): Round {
  const talks = Number(values.talks)
  const setting = { hasMore: values.more || !hasClock, isRouter }
  const makeAny = isRouter && seed % 3 !== 0 ? makeNatRules : makeRules
  const [rules, rules6] = [makeAny(seed, false, setting), makeAny(seed + 1_000_000, true, setting)]
  const capture = isRouter ? makeRouterTraffic(seed, talks, [rules, rules6], { hasTime: hasClock }) : makeTraffic(seed, talks, hasClock)
  return { rules, rules6, capture }
}

/** What differs, a line each. */
async function ask({ rules, rules6, capture }: Round, isRouter: boolean, folder: string): Promise<string[]> {
  const file = (name: string): string => join(folder, name)
  writeFileSync(file('capture.pcap'), capture)
  writeFileSync(file('rules'), rules)
  writeFileSync(file('rules6'), rules6)
  const options = ['--rules', file('rules'), '--rules6', file('rules6'), ...(isRouter ? ['--router'] : [])]
  execFileSync(ANSWER, [file('capture.pcap'), folder, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  const answer = {
    packets: read('packets.tsv'), table: read('table.txt'), counters: read('counters.txt'), counters6: read('counters6.txt'),
  }
  return differences(file('capture.pcap'), { rules, rules6, machine: isRouter ? 'router' : 'bridge' }, answer, hasClock)
}

/** Leaves out what is not needed for a difference, rules first: halves, quarters, … single ones. */
async function minimise(round: Round, isRouter: boolean, folder: string): Promise<Round> {
  let best = round
  const differs = async (one: Round): Promise<boolean> =>
    packetsOf(one.capture).length > 0 && (await ask(one, isRouter, folder)).length > 0
  const without = async (count: number, leave: (from: number, to: number) => Round): Promise<number> => {
    let left = count
    for (let size = Math.ceil(left / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < left;) {
        const one = leave(from, Math.min(from + size, left))
        if (await differs(one)) {
          best = one
          left -= Math.min(size, left - from)
        } else from += size
      }
    }
    return left
  }
  await without(packetsOf(best.capture).length, (from, to) => ({ ...best, capture: leavingOut(best.capture, from, to) }))
  for (const which of ['rules', 'rules6'] as const) {
    const isRule = (line: string): boolean => line.startsWith('-A')
    await without(best[which].split('\n').filter(isRule).length, (from, to) => {
      let at = -1
      const lines = best[which].split('\n').filter((line) => !isRule(line) || (at++, at < from || at >= to))
      return { ...best, [which]: lines.join('\n') }
    })
  }
  await ask(best, isRouter, folder)
  return best
}

function packetsOf(capture: Uint8Array): Uint8Array[] {
  const view = new DataView(capture.buffer, capture.byteOffset)
  const found: Uint8Array[] = []
  for (let at = 24; at < capture.length;) {
    const next = at + 16 + view.getUint32(at + 8, true)
    found.push(capture.subarray(at, next))
    at = next
  }
  return found
}

function leavingOut(capture: Uint8Array, from: number, to: number): Uint8Array {
  return Buffer.concat([capture.subarray(0, 24), ...packetsOf(capture).filter((_, i) => i < from || i >= to)])
}

let failed = 0
for (let i = 0; i < Number(values.rulesets); i++) {
  const seed = Number(values.seed) + i
  const isRouter = values.machine === 'router' || (values.machine === 'both' && seed % 2 === 1)
  const folder = mkdtempSync(join(tmpdir(), `rules-${String(seed)}-`))
  const round = make(seed, isRouter)
  const found = await ask(round, isRouter, folder)
  const name = `seed ${String(seed)} ${isRouter ? 'router' : 'bridge'}`
  console.log(`${name}: ${found.length === 0 ? 'the same' : `${String(found.length)} differences, see ${folder}`}`)
  for (const line of found.slice(0, 12)) console.log(`  ${line}`)
  if (found.length === 0) rmSync(folder, { recursive: true })
  else {
    failed++
    if (values.keep) continue
    const small = await minimise(round, isRouter, folder)
    const rules = [small.rules, small.rules6].flatMap((text) => text.split('\n').filter((line) => line.startsWith('-A')))
    console.log(`  ${String(packetsOf(small.capture).length)} packets and these rules are enough:`)
    for (const line of rules) console.log(`    ${line}`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
