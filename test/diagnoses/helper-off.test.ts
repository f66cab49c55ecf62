// Control channels that no helper reads. What would be RELATED with one is what the kernel said of the same captures with helpers on.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { contextOf, diagnose, Evidence, type Finding, openCapture, Replay } from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

const GOLDEN = `${ROOT}/test/golden/linux-6.12/helpers`
const TALKS = readdirSync(GOLDEN).filter((name) => name.startsWith('real-'))

async function look(path: string, helpers: readonly string[] = []): Promise<{ findings: Finding[], evidence: Evidence }> {
  const evidence = new Evidence()
  const replay = new Replay(await openCapture(path), { helpers, at: [], onPacket: (engine, frame) => { evidence.note(engine, frame) } })
  await replay.run()
  const findings = diagnose(contextOf(evidence, replay.engine.sysctl)).filter(({ code }) => code === 'helper-off')
  return { findings, evidence }
}

describe('connections that a helper would have promised', () => {
  test.each(TALKS)('are those that are RELATED in %s, as the kernel has it', async (name) => {
    const { findings, evidence } = await look(`${GOLDEN}/${name}/capture.pcap`)
    const related = readFileSync(`${GOLDEN}/${name}/packets.tsv`, 'utf8').split('\n')
      .map((line) => line.split('\t')).filter(([, , verdict]) => verdict === 'RELATED').map(([frame]) => Number(frame))
    const frames = [...evidence.promised.byHelper.values()].flatMap((promised) => promised.frames)
    expect(frames.filter((frame) => !related.includes(frame))).toEqual([])
    expect(findings.length > 0).toBe(related.length > 0)
  })

  test('are all there of FTP', async () => {
    const { findings: [finding] } = await look(`${GOLDEN}/real-ftp/capture.pcap`)
    expect(finding).toMatchObject({ severity: 'info', numbers: { connections: 11, unanswered: 0 } })
    expect(finding!.remedy[0]).toContain('--dport 21 -j CT --helper ftp')
  })

  test('are grave when one got no answer', async () => {
    const { findings } = await look(`${ROOT}/samples/ftp-passive.pcap`)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ severity: 'warning', numbers: { connections: 2, unanswered: 1 }, frames: [11, 23] })
  })

  test('are nothing to tell of where the helper is attached', async () => {
    expect((await look(`${ROOT}/samples/ftp-passive.pcap`, ['ftp'])).findings).toEqual([])
  })
})
