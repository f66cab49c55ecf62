// Whatever the bytes, evidence is gathered and diagnoses are made of it. Every frame lies in a buffer of just its size: a read past
// the end throws.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import {
  contextOf, defaultSysctl, diagnose, diagnoseReport, Engine, Evidence, idleProfile, openCapture, printDiagnoseMarkdown, printDiagnoseText,
} from '../../src/index.ts'
import { aim } from '../support/conversation.ts'
import { ROOT } from '../support/sources.ts'
import type { Seen } from '../support/traffic.ts'

const MOST = 60 // frames of each sample

async function framesOf(name: string): Promise<Seen[]> {
  const source = await openCapture(join(ROOT, 'samples', name))
  const frame = new Frame()
  const frames: Seen[] = []
  do {
    while (frames.length < MOST && source.next(frame)) {
      frames.push({ sec: frame.sec, nsec: frame.nsec, linkType: frame.linkType, bytes: frame.bytes.slice(frame.start, frame.end) })
    }
  } while (await source.fill())
  source.close()
  return frames
}

/** 32 random bits at each call, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state ^ (state >>> 13)) >>> 0
  }
}

const samples = readdirSync(join(ROOT, 'samples')).filter((name) => /\.pcap(ng)?$/.test(name))

test.each(samples)('%s, cut and changed, is diagnosed', async (name) => {
  const frames = await framesOf(name)
  expect(frames.length).toBeGreaterThan(0)
  const next = random(name.length)
  for (let round = 0; round < 20; round++) {
    const evidence = new Evidence(round % 2 === 0 ? undefined : 3)
    const engine = new Engine({ seed: 1, copies: 'auto', sysctl: { ...defaultSysctl(), max: 100 } })
    const frame = new Frame()
    frames.forEach((seen, i) => {
      let bytes = seen.bytes.slice()
      for (let changes = next() % 4; changes > 0; changes--) bytes[next() % bytes.length] = next() & 255
      if (next() % 4 === 0) bytes = bytes.slice(0, next() % bytes.length)
      aim(frame, { ...seen, bytes }, i + 1)
      if (engine.push(frame) === 1) evidence.note(engine, frame)
      else evidence.noteOther(frame)
    })
    const context = contextOf(evidence, engine.sysctl, 'auto', evidence.nowMs, idleProfile('azure'))
    const report = diagnoseReport(context, diagnose(context))
    expect(printDiagnoseText(report, { columns: 80 }) + printDiagnoseMarkdown(report)).not.toMatch(/undefined|NaN|\[object/)
  }
})
