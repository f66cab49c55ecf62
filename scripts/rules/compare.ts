// What a kernel said of a ruleset and a capture, held against what we say.

import {
  defaultSysctl, deleteEntries, FLUSH, loadFirewall, openCapture, parseDeletion, parseWhen, printRulesSave, printRuleset, Replay, setKnob,
  snapshot,
} from '../../src/index.ts'
import { printProc } from '../../src/views/procfs.ts'

/** What answer.py leaves in its folder. */
export interface Answer {
  readonly packets: string
  readonly table: string
  readonly counters: string
  readonly counters6: string
  /** Of nftables: `nft -a list ruleset` after the last packet. */
  readonly listing?: string
}

/** What was asked: of which machine, with which rules. */
export interface Asked {
  readonly rules: string
  readonly rules6: string
  /** `nft -j list ruleset`, before the first packet. */
  readonly nft?: string
  readonly machine: Machine
  /** `FRAME FILTER` a line, as in cases.ts; each a moment right before the frame. */
  readonly deletions?: string
  /** The capture holds packets as they came in and as they went out; of each frame's fate nothing is known. */
  readonly hasCopies?: boolean
}

/** How the kernel was set up: answer.py's bridge, or its router. */
export type Machine = 'bridge' | 'router'

const BRIDGE = { bridge: 'br0', ifaces: ['tap0=02:00:00:00:00:01', 'tap1=02:00:00:00:00:02'] } as const
const ROUTER = {
  routes: ['10.1.0.0/16=tap0', '0.0.0.0/0=tap1', '2001:db8:1::/48=tap0', '::/0=tap1'],
  local: ['10.1.0.254=tap0', '10.2.0.254=tap1', '2001:db8:1::fe=tap0', '2001:db8:2::fe=tap1'],
} as const

export const MACHINES = { bridge: BRIDGE, router: ROUTER } as const

/**
 * What differs, a line each.
 * @param hasClock  the kernel kept the capture's time; else timeouts are not compared
 */
export async function differences(path: string, asked: Asked, answer: Answer, hasClock: boolean): Promise<string[]> {
  const texts = [{ path: 'rules', text: asked.rules }, { path: 'rules6', text: asked.rules6 }, { path: 'nft', text: asked.nft ?? '' }]
    .filter(({ text }) => text !== '')
  const { firewall } = loadFirewall(texts, MACHINES[asked.machine])
  const deletions = (asked.deletions ?? '').split('\n').filter((line) => line !== '').map((line) => {
    const [frame = '', which = ''] = line.split(' ')
    return { at: `frame:${String(Number(frame) - 1)}`, isWanted: which === 'all' ? FLUSH : parseDeletion(which) }
  })
  const sysctl = defaultSysctl()
  setKnob(sysctl, 'acct', '1')
  const blocks = answer.table.split(/^# at /m).slice(1).map((block) => {
    const [at = '', ...lines] = block.trimEnd().split('\n')
    return { at, lines: lines.map((line) => comparable(line, hasClock)) }
  })
  const fates: string[] = []
  const found: string[] = []
  const replay = new Replay(await openCapture(path), {
    sysctl, hooks: firewall, copies: asked.hasCopies === true ? 'auto' : 'track',
    at: [...blocks, ...deletions].map(({ at }) => parseWhen(at)),
    onPacket: (_, frame) => { fates[frame.number] = !firewall.hasMet(frame) ? 'copy' : firewall.isDropped ? 'drop' : 'pass' },
  })
  let next = 0
  for await (const { engine, text } of replay.moments()) {
    deleteEntries(engine, deletions.filter(({ at }) => at === text).map(({ isWanted }) => isWanted))
    if (text !== blocks[next]?.at) continue
    const ours = snapshot(engine).map((row) => comparable(printProc(row, { counters: true, timestamps: false }), hasClock))
    const { at, lines } = blocks[next++] ?? { at: '', lines: [] }
    found.push(...without(lines, ours).map((line) => `${at}: kernel ${line}`))
    found.push(...without(ours, lines).map((line) => `${at}: ours   ${line}`))
  }
  for (const line of asked.hasCopies === true ? [] : answer.packets.trim().split('\n').reverse()) {
    const [frame = '', , fate = ''] = line.split('\t')
    if (fates[Number(frame)] !== fate) found.unshift(`frame ${frame}: kernel ${fate}, ours ${fates[Number(frame)] ?? 'none'}`)
  }
  for (const ruleset of firewall.rulesets) {
    if (ruleset.isIpv6 === null) {
      found.push(...listingDifferences(answer.listing ?? '', printRuleset(firewall, ruleset)))
      continue
    }
    const theirs = counters(ruleset.isIpv6 ? answer.counters6 : answer.counters)
    const ours = counters(printRulesSave(firewall, ruleset))
    const lengths = `${String(theirs.length)} counters, we ${String(ours.length)}`
    if (theirs.length !== ours.length) found.push(`${ruleset.path}: the kernel has ${lengths}`)
    const names = ours.map((line) => line.replace(/^(.*?)\[\d+:\d+\]/, '$1'))
    ours.forEach((line, i) => {
      const [, mine = ''] = /(\[\d+:\d+\])/.exec(line) ?? []
      const [, kernel = ''] = /(\[\d+:\d+\])/.exec(theirs[i] ?? '') ?? []
      if (mine !== kernel) found.push(`${ruleset.path}: kernel ${kernel}, ours ${mine}: ${names[i] ?? ''}`)
    })
  }
  return found
}

/** nft prints each rule of a chain with what its counters have counted: chain by chain, in our spelling too. */
function listingDifferences(listing: string, ours: string): string[] {
  const [kernel, mine] = [chainsOf(listing), chainsOf(ours)]
  if (kernel.size !== mine.size) return [`the kernel has ${String(kernel.size)} chains, we ${String(mine.size)}`]
  return [...kernel].flatMap(([chain, lines]) => {
    const others = mine.get(chain) ?? []
    return lines.flatMap((line, i) => line === others[i] ? [] : [`${chain}: kernel ${line}`, `${chain}: ours   ${others[i] ?? '-'}`])
  })
}

/** Lines of chains, by table and chain. */
function chainsOf(listing: string): Map<string, string[]> {
  const chains = new Map<string, string[]>()
  let table = ''
  let lines: string[] | null = null
  for (const line of listing.split('\n').map((one) => one.replace(/ # handle \d+$/, ''))) {
    const [, named] = /^table (.*) \{$/.exec(line) ?? []
    const [, chain] = /^\tchain (.*) \{$/.exec(line) ?? []
    if (named !== undefined) table = named
    else if (chain !== undefined) chains.set(`${table} ${chain}`, lines = [])
    else if (line === '\t}') lines = null
    else lines?.push(line.trim())
  }
  return chains
}

const ORDER = ['raw', 'mangle', 'nat', 'filter', 'security']

/** The lines that count, tables in one order and policies by name; rules stay in theirs. The kernel spells some of them anew. */
function counters(text: string): string[] {
  const tables = text.split(/^\*/m).slice(1).map((block) => {
    const [name = '', ...lines] = block.trimEnd().split('\n')
    const policies = lines.filter((line) => line.startsWith(':')).map((line) => `${name} ${line}`).sort()
    const rules = lines.filter((line) => line.startsWith('['))
    const chains = [...new Set(rules.map((line) => / -A (\S+)/.exec(line)?.[1] ?? ''))].sort()
    return { name, lines: [...policies, ...chains.flatMap((chain) => rules.filter((line) => `${line} `.includes(` -A ${chain} `)))] }
  })
  return tables.sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name)).flatMap(({ lines }) => lines)
}

/** A line of /proc/net/nf_conntrack without what cannot be the same. */
export function comparable(line: string, hasClock: boolean): string {
  const bare = line.replace(/ use=\d+\s*$/, '').trim()
  return hasClock ? bare : bare.replace(/^(\S+ +\d+ \S+ +\d+) \d+/, '$1')
}

/** What stands in one list and not in the other, each as often as it does. */
export function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return lines.filter((line) => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
