// Random traffic close to every bound, through a kernel and through us: the first difference is made short and printed.
//
//     npm run fuzz:kernel -- [--seed N] [--packets M] [--length N] [--keep DIR] [--go-on] [--oracle COMMAND]
//
// The kernel is the one that runs here; its clock is not the capture's, and no kernel since 6.16 tracks DCCP. With --oracle it is
// one that COMMAND asks, on the capture's clock (scripts/record-goldens.ts says how it is called): time goes by between packets,
// near to every timeout, and DCCP comes along.
//
// --seed N       the first case's seed; case i has seed N + i, so that one case can be run again. Default 1
// --packets M    packets in all. Default 20000
// --length N     packets in a case, about. Default 40
// --keep DIR     writes what is found there: a script and a capture
// --go-on        counts differences instead of stopping at the first
//
// Exit: 0 no difference; 1 a difference; 2 usage. Where the kernel cannot be asked it says why and ends with 0.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunningKernel } from '../kernel/client.ts'
import { Random } from '../lib/random.ts'
import { generate, type Generated, someKnobs } from './generate.ts'
import { type Judge, LiveJudge } from './judge.ts'
import { minimise } from './minimise.ts'
import { captureOf, report } from './report.ts'
import { VirtualJudge } from './virtual-judge.ts'

const TOGETHER = 100 // cases that one question to --oracle is about: they share their sysctls

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' }, packets: { type: 'string', default: '20000' }, length: { type: 'string', default: '40' },
    keep: { type: 'string' }, oracle: { type: 'string' }, 'go-on': { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const wanted = Number(values.packets)
const length = Number(values.length)

const judge = await findJudge()
if (typeof judge === 'string') console.log(`skipped: the running kernel cannot be asked: ${judge}`)
else {
  console.log(`asking ${judge.name}`)
  process.exitCode = await fuzz(judge)
  judge.close()
}

async function findJudge(): Promise<Judge | string> {
  if (values.oracle !== undefined) return new VirtualJudge(values.oracle)
  const kernel = await RunningKernel.open()
  return typeof kernel === 'string' ? kernel : new LiveJudge(kernel)
}

async function fuzz(judge: Judge): Promise<number> {
  const started = performance.now()
  let packets = 0
  let found = 0
  for (let its = seed; packets < wanted && (found === 0 || values['go-on']);) {
    const cases = values.oracle === undefined ? [live(its)] : timed(its, wanted - packets)
    const judgements = await judge.judge(cases)
    for (const [i, { sent, differences }] of judgements.entries()) {
      packets += sent.length
      if (differences.length === 0) continue
      found++
      await show(cases[i]!, its + i, judge)
      if (!values['go-on']) break
    }
    its += cases.length
  }
  const seconds = (performance.now() - started) / 1000
  console.log(`${String(packets)} packets in ${seconds.toFixed(1)} s (${(packets / seconds).toFixed(0)}/s): ${String(found)} cases differ`)
  return found === 0 ? 0 : 1
}

function live(its: number): Generated {
  return generate(its, 1, { length, isTimed: false, withDccp: false })
}

/** Cases up to the next hundred of seeds, which gives them their sysctls, or fewer where so many packets are not wanted. */
function timed(first: number, most: number): Generated[] {
  const cases: Generated[] = []
  let packets = 0
  for (let its = first; packets < most && (its === first || its % TOGETHER !== 0); its++) {
    const knobs = someKnobs(new Random(Math.floor(its / TOGETHER)))
    const one = generate(its, 1, { length, isTimed: true, withDccp: true, knobs })
    packets += one.script.steps.length
    cases.push(one)
  }
  return cases
}

async function show(found: Generated, its: number, judge: Judge): Promise<void> {
  const minimal = await minimise(found, judge)
  const text = report(minimal, [`seed ${String(its)}; ${judge.name}`])
  console.log(text)
  if (values.keep === undefined) return
  mkdirSync(values.keep, { recursive: true })
  writeFileSync(join(values.keep, `seed-${String(its)}.ct`), text)
  writeFileSync(join(values.keep, `seed-${String(its)}.pcap`), captureOf(minimal.judgement.sent))
}
