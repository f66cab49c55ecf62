// Scripts: a few packets and what the kernel makes of them, as text. test/scripts/README.md says how they read.

import { type DccpSpec, printDccp } from './dccp.ts'
import { type GreSpec, printGre, printRaw, type RawSpec } from './gre.ts'
import { type IcmpSpec, printIcmp } from './icmp.ts'
import { printSctp, type SctpSpec } from './sctp.ts'
import { printTcp, type TcpSpec } from './tcp.ts'
import { printUdp, type UdpSpec } from './udp.ts'
import { field } from './words.ts'

/** Protocols by their names here; any other is its number. */
export const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, dccp: 33, gre: 47, sctp: 132, udplite: 136 }

export interface End {
  /** Last byte of the address. */
  readonly host: number
  readonly port: number
}

export interface Flow {
  /** Empty for the only one. */
  readonly name: string
  readonly protocol: string
  /** Who sends `>`, and who sends `<`. */
  readonly ends: readonly [End, End]
  /** Identifier of ICMP queries. */
  readonly id: number
}

export type Payload = TcpSpec | UdpSpec | IcmpSpec | SctpSpec | DccpSpec | GreSpec | RawSpec

/** A piece of the datagram instead of all of it. */
export interface Piece {
  /** Bytes behind the IP header. */
  readonly from: number
  readonly to: number
  readonly id: number
  /** Whether more follow, where it is not to be the truth. */
  readonly more?: boolean
}

export interface Step {
  /** Seconds from the start; null: never sent, only quoted. */
  readonly at: number | null
  readonly flow: string
  /** 0: `>`, 1: `<` */
  readonly dir: number
  readonly payload: Payload
  readonly piece?: Piece
  /** Keep only so many bytes behind the IP header. */
  readonly cut?: number
  checksum?: 'bad' | 'none'
  readonly expected: Expected
}

/** What is said of a packet, or of a moment behind the last. */
export interface Expected {
  /** `NEW`, `ESTABLISHED-`, … */
  readonly verdict?: string
  /** Words of each log line, all of them or none. */
  readonly reasons: readonly string[]
  /** Words of a line of the table each, in their order; `-`: the table is empty. */
  readonly lines: readonly string[]
}

export interface Moment {
  /** Seconds from the start. */
  readonly at: number
  readonly lines: readonly string[]
}

export interface Script {
  /** What it shows and why: the lines of comment at its head. */
  readonly comment: readonly string[]
  /** `name=value`, whole names. */
  readonly sysctl: readonly string[]
  /** 4 or 6 where it holds for one version of IP only. */
  readonly only: number | null
  /** Initial sequence numbers of who sends `>` and of who sends `<`, where they matter. */
  readonly initial: readonly [number, number] | null
  readonly flows: readonly Flow[]
  readonly steps: readonly Step[]
  readonly moments: readonly Moment[]
}

/** As text that reads back to the same script. */
export function printScript(script: Script): string {
  const lines = script.comment.map((line) => `# ${line}`)
  const knobs = script.sysctl.map((knob) => knob.replace('net.netfilter.nf_conntrack_', ''))
  if (knobs.length > 0) lines.push(`sysctl ${knobs.join(' ')}`)
  if (script.only !== null) lines.push(`only ipv${String(script.only)}`)
  if (script.initial !== null) lines.push(`initial ${script.initial.join(' ')}`)
  for (const { name, protocol, ends: [a, b], id } of script.flows) {
    lines.push(`flow ${name === '' ? '' : `${name} `}${protocol} ${printEnd(a)} > ${printEnd(b)}${field('id', id === 0 ? undefined : id)}`)
  }
  lines.push('')
  for (const step of script.steps) {
    lines.push(printStep(step))
    const { verdict, reasons, lines: table } = step.expected
    if (verdict !== undefined) lines.push(`       : ${verdict}`)
    lines.push(...reasons.map((reason) => `       ! ${reason}`), ...table.map((line) => `       = ${line}`))
  }
  for (const { at, lines: [first = '-', ...others] } of script.moments) {
    lines.push(`${printTime(at)}  = ${first}`, ...others.map((line) => `       = ${line}`))
  }
  return `${lines.join('\n')}\n`
}

export function printStep(step: Step): string {
  const { at, flow, dir, payload, piece, cut, checksum } = step
  let text = `${at === null ? '-    ' : printTime(at)}  ${flow}${dir === 0 ? '>' : '<'} ${printPayload(payload)}`
  if (piece !== undefined) {
    text += ` frag ${String(piece.from)}:${String(piece.to)} id ${String(piece.id)}`
    if (piece.more !== undefined) text += piece.more ? ' more' : ' last'
  }
  text += field('cut', cut)
  return checksum === undefined ? text : `${text} ${checksum}sum`
}

const printTime = (seconds: number): string => seconds.toFixed(6).replace(/000$/, '')
const printEnd = ({ host, port }: End): string => `10.0.0.${String(host)}${port === 0 ? '' : `:${String(port)}`}`

function printPayload(payload: Payload): string {
  switch (payload.protocol) {
    case 'tcp': return printTcp(payload)
    case 'udp': case 'udplite': return printUdp(payload)
    case 'icmp': return `icmp ${printIcmp(payload)}`
    case 'sctp': return printSctp(payload)
    case 'dccp': return printDccp(payload)
    case 'gre': return printGre(payload)
    case 'raw': return `raw ${printRaw(payload)}`.trim()
  }
}
