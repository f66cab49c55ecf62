// Random traffic close to every bound, through a kernel and through us: the first difference is made short and printed.
//
//     npm run fuzz:kernel -- [--seed N] [--packets M] [--length N] [--keep DIR] [--go-on]
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
import { generate, type Generated } from './generate.ts'
import { type Judge, LiveJudge } from './judge.ts'
import { minimise } from './minimise.ts'
import { captureOf, report } from './report.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' }, packets: { type: 'string', default: '20000' }, length: { type: 'string', default: '40' },
    keep: { type: 'string' }, 'go-on': { type: 'boolean', default: false },
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
  const kernel = await RunningKernel.open()
  return typeof kernel === 'string' ? kernel : new LiveJudge(kernel)
}

async function fuzz(judge: Judge): Promise<number> {
  const started = performance.now()
  let packets = 0
  let found = 0
  for (let i = 0; packets < wanted; i++) {
    const one = generate(seed + i, 1, { length, isTimed: false, withDccp: false })
    const [judgement] = await judge.judge([one])
    packets += judgement!.sent.length
    if (judgement!.differences.length === 0) continue
    found++
    await show(one, seed + i, judge)
    if (!values['go-on']) break
  }
  const seconds = (performance.now() - started) / 1000
  console.log(`${String(packets)} packets in ${seconds.toFixed(1)} s (${(packets / seconds).toFixed(0)}/s): ${String(found)} cases differ`)
  return found === 0 ? 0 : 1
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
