// A kernel on the capture's own clock, asked through a command: timeouts count, and trackers that later kernels lack.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileScript, type Sent } from '../../test/support/script/compile.ts'
import { encodePcap } from '../lib/pcap.ts'
import { type Account, differences, tableDifferences } from '../kernel/compare.ts'
import { Ours } from '../kernel/ours.ts'
import type { Generated } from './generate.ts'
import type { Judge, Judgement } from './judge.ts'
import { RAW_IP } from './report.ts'
import { START_NS } from './scene.ts'

const HZ = 1000 // of that kernel
const MOST_CASES = 0xffff // addresses are told apart by 16 bits
const APART_MS = 3 // between the ends of two cases: too many packets in one millisecond would last longer than it
const LATER = 0.5 // seconds after the last packet, when the table is asked for once more

/** A packet of one of the cases. */
interface Mixed {
  readonly ms: number
  readonly which: number
  readonly sent: Sent
}

/** A table that the kernel was asked for: behind a packet (its number from 0), or the last of all, a while later. */
interface Table {
  readonly behind: number | null
  readonly lines: readonly string[]
}

/** All cases go through the kernel at once, mixed by time so that they end together, each with addresses of its own. */
export class VirtualJudge implements Judge {
  readonly name: string
  readonly #command: string

  /** @param command  called as `COMMAND capture.pcap FOLDER --snap SECONDS [--sysctl …]`, as by scripts/record-goldens.ts */
  constructor(command: string) {
    this.name = command
    this.#command = command
  }

  judge(cases: readonly Generated[]): Promise<Judgement[]> {
    const judgements: Judgement[] = []
    for (const [knobs, numbers] of byKnobs(cases)) {
      const some = numbers.map((number) => cases[number]!)
      this.#together(some, knobs === '' ? [] : knobs.split(',')).forEach((judgement, i) => { judgements[numbers[i]!] = judgement })
    }
    return Promise.resolve(judgements)
  }

  close(): void { /* it is started for each question */ }

  #together(cases: readonly Generated[], knobs: readonly string[]): Judgement[] {
    if (cases.length > MOST_CASES) throw new Error('too many cases at once')
    const perCase = cases.map(({ script, variant }, i) => compileScript(script, { ...variant, net: i + 1 }))
    const longest = Math.max(...perCase.map((all) => all.at(-1)?.at ?? 0)) * 1000
    const mixed = perCase.flatMap((all, which) => {
      const start = Math.round(longest - (all.at(-1)?.at ?? 0) * 1000) + which * APART_MS
      return all.map((sent): Mixed => ({ ms: start + Math.round(sent.at * 1000), which, sent }))
    })
    mixed.sort((a, b) => a.ms - b.ms)
    const answers = this.#ask(mixed, knobs)
    const ours = new Ours(knobs, HZ)
    const tables: string[][] = []
    const mine = mixed.map(({ ms, sent }, i) => {
      const said = ours.packet(sent.bytes, nsOf(ms))
      if (answers.tables.some(({ behind }) => behind === i)) tables.push(ours.table())
      return said
    })
    ours.goTo(nsOf(mixed.at(-1)?.ms ?? 0) + BigInt(LATER * 1e9))
    tables.push(ours.table())
    const theirs = attribute(answers.log, mixed, mine.map(({ reasons }) => reasons))
    return cases.map((_, which) => {
      const indices = mixed.flatMap((one, i) => (one.which === which ? [i] : []))
      const account = (verdicts: readonly string[], reasons: readonly (readonly string[])[], table: readonly string[]): Account => ({
        verdicts: indices.map((i) => verdicts[i]!), reasons: indices.map((i) => reasons[i]!), table: ownLines(table, which + 1),
      })
      const kernel = account(answers.verdicts, theirs, answers.tables.at(-1)!.lines)
      const own = account(mine.map(({ verdict }) => verdict), mine.map(({ reasons }) => reasons), tables.at(-1)!)
      const found = answers.tables.slice(0, -1).flatMap(({ lines }, i) =>
        tableDifferences(ownLines(lines, which + 1), ownLines(tables[i]!, which + 1), 0))
      return { sent: perCase[which]!, kernel, ours: own, differences: [...differences(kernel, own, 0), ...found] }
    })
  }

  #ask(mixed: readonly Mixed[], knobs: readonly string[]): { verdicts: string[], log: Logged[], tables: Table[] } {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
    try {
      const capture = join(folder, 'capture.pcap')
      writeFileSync(capture, encodePcap(mixed.map(({ ms, sent }) => ({ ns: nsOf(ms), bytes: sent.bytes })), { linkType: RAW_IP }))
      const options = ['--snap', String(LATER), ...(knobs.length === 0 ? [] : ['--sysctl', knobs.join(',')])]
      execFileSync(this.#command, [capture, folder, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
      const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
      const verdicts = mixed.map(() => 'nothing')
      for (const line of read('packets.tsv').trim().split('\n')) {
        const [frame, , verdict = ''] = line.split('\t')
        verdicts[Number(frame) - 1] = verdict
      }
      const tables = read('snapshots.txt').split(/^# at /m).slice(1).map((block): Table => {
        const frame = /^frame (\d+)/.exec(block)?.[1]
        return { behind: frame === undefined ? null : Number(frame) - 1, lines: block.split('\n').filter((line) => /^ipv[46] /.test(line)) }
      })
      const log = read('invalid.log').split('\n').flatMap((line) => parseLogged(line) ?? [])
      return { verdicts, log, tables }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

const nsOf = (ms: number): bigint => START_NS + BigInt(ms) * 1_000_000n

/** Cases that need the same sysctls, by these. */
function byKnobs(cases: readonly Generated[]): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  cases.forEach(({ script }, i) => {
    const knobs = script.sysctl.join()
    groups.set(knobs, [...groups.get(knobs) ?? [], i])
  })
  return groups
}

/** A line of the log: what it says, and of which addresses where it names them (those about SCTP's chunks do not). */
interface Logged {
  readonly text: string
  readonly net: number | null
}

function parseLogged(line: string): Logged | null {
  const text = /(nf_ct_\S+: .*?) ?(?:IN=|$)/.exec(line)?.[1]
  if (text === undefined) return null
  const four = / SRC=10\.(\d+)\.(\d+)\./.exec(line)
  if (four !== null) return { text, net: Number(four[1]) * 256 + Number(four[2]) }
  const six = / (?:SRC|DST)=2001:0db8:0000:0000:0000:0000:([0-9a-f]{4}):/.exec(line) // the source of a redirect is link-local
  return { text, net: six === null ? null : parseInt(six[1]!, 16) }
}

/** Which packet each line is about: the next of its case of which we say something, the case's last one where we do not. */
function attribute(log: readonly Logged[], mixed: readonly Mixed[], mine: readonly (readonly string[])[]): string[][] {
  const queues = new Map<number | null, string[]>()
  for (const { text, net } of log) queues.set(net, [...queues.get(net) ?? [], text])
  const nameless = queues.get(null) ?? []
  const given = mixed.map(({ which }, i) => mine[i]!.flatMap((reason) => {
    const own = queues.get(which + 1) ?? []
    const line = nameless[0]?.trim() === reason.trim() ? nameless.shift() : own.shift()
    return line ?? []
  }))
  const last = new Map(mixed.map(({ which }, i) => [which + 1, i]))
  for (const [net, left] of queues) given[last.get(net ?? 0) ?? given.length - 1]?.push(...left)
  return given
}

/** The lines of a table that are about a case. */
function ownLines(table: readonly string[], net: number): string[] {
  const four = `=10.${String(net >>> 8)}.${String(net & 255)}.`
  const six = `=2001:0db8:0000:0000:0000:0000:${net.toString(16).padStart(4, '0')}:`
  return table.filter((line) => line.includes(four) || line.includes(six))
}
