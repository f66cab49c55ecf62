// Every sample and every golden, through the kernel that runs here: verdicts, log lines, states, flags and counters are ours.
// Packets go one after the other, without the pauses of the capture, so timeouts agree to a second; helpers are off on both sides.

import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { generate } from '../../scripts/fuzz/generate.ts'
import { LiveJudge } from '../../scripts/fuzz/judge.ts'
import { LEVELLED, RunningKernel } from '../../scripts/kernel/client.ts'
import { type Account, differences } from '../../scripts/kernel/compare.ts'
import { ipPacketsOf } from '../../scripts/kernel/ip-packets.ts'
import { Ours } from '../../scripts/kernel/ours.ts'
import { ROOT } from '../support/sources.ts'

const START_NS = 1_700_000_000_000_000_000n
const LONGEST = 65_521 // bytes a tap device takes
const FUZZ_PACKETS = 20_000

const opened = await RunningKernel.open()
const why = typeof opened === 'string' ? opened : null
if (why !== null) console.log(`skipped: the running kernel cannot be asked: ${why}`)
let kernel = opened
afterAll(() => { if (typeof kernel !== 'string') kernel.close() })

const captures = ['samples', 'test/golden'].flatMap((folder) =>
  readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' }).filter((name) => /\.pcap(ng)?$/.test(name)).sort()
    .map((name) => `${folder}/${name}`))

describe('the running kernel says what we say', () => {
  test.skipIf(why !== null).for(captures)('of %s', async (name, { skip }) => {
    if (typeof kernel === 'string') return
    const { packets, frames, hasFragments, hasDccp } = await ipPacketsOf(`${ROOT}/${name}`)
    skip(hasDccp && !kernel.hasDccp, `Linux ${kernel.release} has no tracker for DCCP`)
    skip(packets.some((packet) => packet.length > LONGEST), 'longer than a tap device takes')
    if (hasFragments) { // pieces that another capture left waiting must not come in
      kernel.close()
      const fresh = await RunningKernel.open()
      if (typeof fresh === 'string') throw new Error(fresh)
      kernel = fresh
    }
    const own = sysctlOf(name)
    const setsClose = own.some((knob) => knob.includes('tcp_timeout_close='))
    skip(setsClose && isAfter612(kernel.release), 'after 6.12 each RST has the timeout of CLOSE')
    const sysctl = [...LEVELLED, ...own]
    expect(await kernel.set(sysctl)).toEqual([])
    await kernel.forget()
    const answers = await kernel.send(packets)
    const theirs: Account = {
      verdicts: answers.map(({ verdict }) => verdict), reasons: answers.map(({ reasons }) => reasons), table: await kernel.table(),
    }
    const ours = new Ours(sysctl, kernel.hz)
    const first = answers[0]?.ns ?? 0n
    const mine = packets.map((bytes, i) => ours.packet(bytes, START_NS + answers[i]!.ns - first))
    const account: Account = {
      verdicts: mine.map(({ verdict }) => verdict), reasons: mine.map(({ reasons }) => reasons), table: ours.table(),
    }
    const found = differences(theirs, account, 1)
    expect(found.map(({ packet, ...said }) => ({ frame: packet === null ? 'table' : frames[packet], ...said }))).toEqual([])
  })

  test.skipIf(why !== null)(`of ${String(FUZZ_PACKETS)} random packets close to every bound`, async () => {
    if (typeof kernel === 'string') return
    const judge = new LiveJudge(kernel)
    const differing: number[] = []
    let packets = 0
    for (let seed = 1; packets < FUZZ_PACKETS; seed++) {
      const [judgement] = await judge.judge([generate(seed, 1, { length: 40, isTimed: false, withDccp: kernel.hasDccp })])
      packets += judgement!.sent.length
      if (judgement!.differences.length > 0) differing.push(seed) // npm run fuzz:kernel -- --seed N shows it
    }
    expect(differing).toEqual([])
  })
})

function isAfter612(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number)
  return major > 6 || (major === 6 && minor > 12)
}

/** What a golden was recorded with; without what is one for all namespaces, and asked by helpers alone. */
function sysctlOf(name: string): readonly string[] {
  if (!name.startsWith('test/golden/linux-')) return []
  const about = JSON.parse(readFileSync(`${ROOT}/${name.replace(/[^/]*$/, 'record.json')}`, 'utf8')) as { sysctl: readonly string[] }
  return about.sysctl.map((knob) => (knob.startsWith('net.') ? knob : `net.netfilter.nf_conntrack_${knob}`))
    .filter((knob) => !knob.includes('_expect_max='))
}
