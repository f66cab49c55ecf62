// What is said of each sample: the one finding that is right, and none of those that look like it.

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contextOf, diagnose, Evidence, openCapture, Replay } from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

async function findings(name: string): Promise<{ codes: string[], vantage: string, frames: number[], packets: number, copies: number }> {
  const evidence = new Evidence()
  const source = await openCapture(join(ROOT, 'samples', `${name}.pcap`))
  const replay = new Replay(source, {
    copies: 'auto', onPacket: (engine, frame) => { evidence.note(engine, frame) }, onOther: (frame) => { evidence.noteOther(frame) },
  })
  await replay.run()
  source.close()
  const context = contextOf(evidence, replay.engine.sysctl)
  const found = diagnose(context)
  return {
    codes: found.map(({ code }) => code).sort(), vantage: context.vantage.name, frames: found.flatMap(({ frames }) => [...frames]),
    packets: replay.engine.frames, copies: evidence.copies,
  }
}

describe('each sample has its findings and no others', () => {
  test.each([
    ['lvs-dr-director', ['lvs-dr-director'], 'lvs-director', 36],
    ['lvs-dr-incoming', ['lvs-dr-director-incoming'], 'lvs-director', 0],
    ['half-connection', ['lvs-dr-director-incoming'], 'lvs-director', 0],
    ['lvs-tun-director', ['lvs-tun-director'], 'lvs-director', 0],
    ['invalid-eaten', ['invalid-eaten', 'lvs-dr-director'], 'lvs-director', 30],
    ['asymmetric-route', ['asymmetric-route'], 'router', 36],
    ['one-way-capture', ['one-direction-capture'], 'host', 0],
    ['syn-flood', ['syn-flood'], 'host', 0],
    ['syn-scan', ['syn-scan'], 'host', 0],
    ['backscatter', ['backscatter'], 'host', 0],
    ['syn-retransmit', ['black-hole'], 'host', 0],
    ['web', [], 'host', 0],
    ['dns', [], 'host', 0],
    ['port-reuse', [], 'host', 0],
    ['reset-outside-window', [], 'host', 0],
    ['gre', [], 'host', 0],
  ] as const)('%s: %j', async (name, codes, vantage, copies) => {
    const found = await findings(name)
    expect(found).toMatchObject({ codes, vantage, copies })
    expect(found.frames.every((frame) => frame >= 1 && frame <= found.packets)).toBe(true)
  })
})
