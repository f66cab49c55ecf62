// Makes a script that shows a difference as short as it will get: delta debugging over its packets.

import type { Payload, Step } from '../../test/support/script/script.ts'
import type { Generated } from './generate.ts'
import type { Judge, Judgement } from './judge.ts'

const MOST_ROUNDS = 60

export interface Minimal extends Generated {
  readonly judgement: Judgement
}

/** @param found  a case that shows a difference */
export async function minimise(found: Generated, judge: Judge): Promise<Minimal> {
  let best = found
  let [judgement] = await judge.judge([best])
  const first = judgement!.differences[0]?.packet
  // What comes behind the first packet that differs has no part in it.
  if (first !== null && first !== undefined) {
    const last = judgement!.sent[first]!.step
    ;({ best, judgement } = await better([keep(best, (i) => i <= last)], judge, best, judgement!))
  }
  let size = Math.ceil(best.script.steps.length / 2)
  for (let round = 0; round < MOST_ROUNDS && size >= 1; round++) {
    const candidates: Generated[] = []
    for (let from = 0; from < best.script.steps.length; from += size) candidates.push(keep(best, (i) => i < from || i >= from + size))
    const before = best.script.steps.length
    ;({ best, judgement } = await better(candidates, judge, best, judgement!))
    if (best.script.steps.length === before) size = size === 1 ? 0 : Math.ceil(size / 2)
  }
  for (const simpler of SIMPLER) {
    for (let i = 0; i < best.script.steps.length; i++) {
      const step = best.script.steps[i]!
      const other = simpler(step)
      if (other === null) continue
      const steps = best.script.steps.map((old, at) => (at === i ? other : old))
      ;({ best, judgement } = await better([{ ...best, script: { ...best.script, steps } }], judge, best, judgement!))
    }
  }
  for (const knob of best.script.sysctl) {
    const sysctl = best.script.sysctl.filter((other) => other !== knob)
    ;({ best, judgement } = await better([{ ...best, script: { ...best.script, sysctl } }], judge, best, judgement!))
  }
  return { ...best, judgement: judgement! }
}

/** The first candidate that still differs, or what there was. */
async function better(
  candidates: readonly Generated[], judge: Judge, best: Generated, judgement: Judgement,
): Promise<{ best: Generated, judgement: Judgement }> {
  const tried = candidates.filter(({ script }) => script.steps.some(({ at }) => at !== null))
  const judged = await judge.judge(tried)
  const at = judged.findIndex(({ differences }) => differences.length > 0)
  return at < 0 ? { best, judgement } : { best: tried[at]!, judgement: judged[at]! }
}

/** The script with some of its packets alone; those that others quote stay, unsent. */
function keep({ script, variant }: Generated, wanted: (index: number) => boolean): Generated {
  const { steps } = script
  const isQuoted = steps.map(() => false)
  steps.forEach(({ payload }, i) => {
    if (payload.protocol === 'icmp' && payload.about !== undefined && wanted(i)) isQuoted[payload.about - 1] = true
  })
  const numbers = new Map<number, number>()
  const kept: Step[] = []
  steps.forEach((step, i) => {
    if (!wanted(i) && isQuoted[i] !== true) return
    numbers.set(i + 1, kept.length + 1)
    kept.push({ ...step, at: wanted(i) ? step.at : null, payload: renumbered(step.payload, numbers) })
  })
  return { script: { ...script, steps: kept }, variant }
}

/** A packet may quote one whose own quotation is gone: then it quotes nothing. */
function renumbered(payload: Payload, numbers: ReadonlyMap<number, number>): Payload {
  if (payload.protocol !== 'icmp' || payload.about === undefined) return payload
  return { ...payload, about: numbers.get(payload.about) ?? 0 }
}

/** Ways to make a packet say less. */
const SIMPLER: readonly ((step: Step) => Step | null)[] = [
  (step) => {
    if (step.payload.protocol !== 'tcp' || step.payload.options === undefined) return null
    const payload = { ...step.payload }
    delete payload.options
    return { ...step, payload }
  },
  (step) => (step.payload.protocol === 'tcp' && step.payload.length > 1 ? { ...step, payload: { ...step.payload, length: 0 } } : null),
  (step) => (step.payload.protocol === 'tcp' && step.payload.flags === 'P.' ? { ...step, payload: { ...step.payload, flags: '.' } } : null),
  (step) => {
    if (step.checksum === undefined) return null
    const other = { ...step }
    delete other.checksum
    return other
  },
]
