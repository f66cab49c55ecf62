// An entry as one line of words: /proc/net/nf_conntrack, /proc/net/ip_conntrack, `conntrack -L` and `-L -o extended` are
// dialects of it. Kernel: ct_seq_show() in nf_conntrack_standalone.c (v6.12); the tool's from conntrack-tools 1.4.7.

import { formatIpv6Short, shortAddress } from '../base/address.ts'
import {
  AF_INET, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { ORIGINAL, REPLY } from '../base/verdict.ts'
import { helperName } from '../helpers/registry.ts'
import { greTimeouts, STATE_NAMES, stateOf } from '../protocols/state-name.ts'
import type { Connection } from '../table/connection.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'
import { l4Name } from './snapshot.ts'
import { Piece, type TextBuffer } from './text-buffer.ts'

/** In what the lines differ. */
export interface Dialect {
  /** `ipv4     2 ` in front */
  readonly family: boolean
  /** IPv6 in short, as inet_ntop(3) writes it; in full otherwise */
  readonly short: boolean
  /** GRE's two timeouts */
  readonly gre: boolean
  /** mark=0, zone=0: shown always, or only where they are not zero */
  readonly zeroMark: boolean
  readonly zeroZone: boolean
  /** helper=, id=, labels= */
  readonly details: boolean
  /** What use= says of an entry that nobody else holds: who prints it holds it too, or not. */
  readonly use: number
}

export const PROC: Dialect = { family: true, short: false, gre: true, zeroMark: true, zeroZone: true, details: false, use: 2 }
export const LEGACY: Dialect = { family: false, short: false, gre: true, zeroMark: false, zeroZone: false, details: false, use: 1 }
export const CONNTRACK: Dialect = { family: false, short: true, gre: false, zeroMark: true, zeroZone: false, details: true, use: 1 }
export const EXTENDED: Dialect = { ...CONNTRACK, family: true }

export interface LineOptions {
  /** nf_conntrack_acct: packets= and bytes= */
  readonly counters: boolean
  /** nf_conntrack_timestamp: delta-time= */
  readonly timestamps: boolean
}

/** What use= says of a row where the dialect of its own table is not the one it is printed in: both count from PROC's. */
const useOf = (row: Row, dialect: Dialect): number => Math.max(1, row.use - PROC.use + dialect.use)

/** One line, without its newline. */
export function printLine(row: Row, dialect: Dialect, options: LineOptions): string {
  let line = dialect.family ? `${row.l3.padEnd(8)} ${String(row.l3num)} ` : ''
  line += `${row.l4.padEnd(8)} ${String(row.l4num)} `
  if (row.timeout !== null) line += `${String(row.timeout)} `
  if (row.state !== null) line += `${row.state} `
  if (dialect.gre && row.greTimeouts !== undefined) {
    line += `timeout=${String(row.greTimeouts.unreplied)}, stream_timeout=${String(row.greTimeouts.stream)} `
  }
  line += printTuple(row.original, dialect.short)
  if (row.zoneDirection === 'original') line += `zone-orig=${String(row.zone)} `
  if (options.counters && row.originalCounters !== null) line += printCounters(row.originalCounters)
  if (!row.seenReply && row.statusUnknown !== true) line += '[UNREPLIED] '
  line += printTuple(row.reply, dialect.short)
  if (row.zoneDirection === 'reply') line += `zone-reply=${String(row.zone)} `
  if (options.counters && row.replyCounters !== null) line += printCounters(row.replyCounters)
  if (row.offload !== undefined) line += `[${row.offload}] `
  else if (row.assured) line += '[ASSURED] '
  if (dialect.zeroMark || row.mark !== 0) line += `mark=${String(row.mark)} `
  if (row.secctx !== undefined) line += `secctx=${row.secctx} `
  if (row.zoneDirection === undefined && (dialect.zeroZone || row.zone !== 0)) line += `zone=${String(row.zone)} `
  if (options.timestamps && row.age !== null) line += `delta-time=${String(row.age)} `
  if (dialect.details && row.helper !== undefined) line += `helper=${row.helper} `
  line += `use=${String(useOf(row, dialect))}`
  if (dialect.details && row.id !== undefined) line += ` id=${String(row.id)}`
  if (dialect.details && row.labels !== undefined) line += ` labels=${row.labels}`
  return row.rest === undefined ? line : `${line} ${row.rest}`
}

function printCounters({ packets, bytes }: RowCounters): string {
  return `packets=${String(packets)} bytes=${String(bytes)} `
}

function printTuple(tuple: RowTuple, short: boolean): string {
  const address = short ? shortAddress : (text: string): string => text
  let text = `src=${address(tuple.source)} dst=${address(tuple.destination)} `
  if (tuple.sourcePort !== undefined) text += `sport=${String(tuple.sourcePort)} dport=${String(tuple.destinationPort)} `
  if (tuple.type !== undefined) text += `type=${String(tuple.type)} code=${String(tuple.code)} id=${String(tuple.id)} `
  if (tuple.sourceKey !== undefined) {
    text += `srckey=0x${tuple.sourceKey.toString(16)} dstkey=0x${(tuple.destinationKey ?? 0).toString(16)} `
  }
  return text
}

export const NOTHING = new Piece('')
export const SPACE = new Piece(' ')
export const UNREPLIED = new Piece('[UNREPLIED] ')
export const ASSURED = new Piece('[ASSURED] ')
export const MARK = new Piece('mark=')
export const ZONE = new Piece('zone=')
export const DELTA_TIME = new Piece('delta-time=')
const STATES = STATE_NAMES.map((name) => name === undefined ? NOTHING : new Piece(`${name} `))
const SRC = new Piece('src=')
const DST = new Piece(' dst=')
const SPORT = new Piece(' sport=')
const DPORT = new Piece(' dport=')
const PACKETS = new Piece('packets=')
const BYTES = new Piece('bytes=')

/** Prints connections from their records: what printLine says of their rows, without the rows. */
export class LineWriter {
  readonly #dialect: Dialect
  readonly #options: LineOptions
  /** How each line begins, by protocol, IPv6 behind IPv4. */
  readonly #prefixes: readonly Piece[]
  /** How each line ends, and how most do: without a mark, in zone 0, with no helper. */
  readonly #end: Piece
  readonly #usualEnd: Piece

  constructor(dialect: Dialect, options: LineOptions) {
    this.#dialect = dialect
    this.#options = options
    this.#prefixes = linePrefixes(dialect)
    const end = `use=${String(dialect.use)}\n`
    this.#end = new Piece(end)
    this.#usualEnd = new Piece(`${dialect.zeroMark ? 'mark=0 ' : ''}${dialect.zeroZone ? 'zone=0 ' : ''}${end}`)
  }

  /** The line of one connection, with its newline. `now` in ticks, `hz` ticks a second. */
  write(out: TextBuffer, conn: Connection, now: number, hz: number): void {
    const protocol = conn.protocol
    const dialect = this.#dialect
    const isIpv4 = conn.l3num === AF_INET
    out.piece(this.#prefixes[protocol + (isIpv4 ? 0 : 256)] ?? NOTHING)
    out.number(Math.floor((conn.deadline - now) / hz))
    out.piece(SPACE)
    writeState(out, conn)
    const gre = dialect.gre ? greTimeouts(conn) : null
    if (gre !== null) {
      out.text('timeout=')
      out.number(Math.floor(gre.timeout / hz))
      out.text(', stream_timeout=')
      out.number(Math.floor(gre.streamTimeout / hz))
      out.text(' ')
    }
    writeTuple(out, conn, ORIGINAL, dialect.short)
    if (this.#options.counters) writeCounters(out, conn, ORIGINAL)
    if (!conn.seenReply) out.piece(UNREPLIED)
    writeReply(out, conn, dialect.short)
    if (this.#options.counters) writeCounters(out, conn, REPLY)
    if (conn.assured) out.piece(ASSURED)
    if ((conn.mark | conn.zone | conn.helper) === 0 && !this.#options.timestamps) {
      out.piece(this.#usualEnd)
      return
    }
    if (dialect.zeroMark || conn.mark !== 0) writeField(out, MARK, conn.mark >>> 0)
    if (dialect.zeroZone || conn.zone !== 0) writeField(out, ZONE, conn.zone)
    if (this.#options.timestamps) writeField(out, DELTA_TIME, Math.floor((now - conn.created) / hz))
    if (dialect.details && conn.helper !== 0) out.text(`helper=${helperName(conn.helper) ?? ''} `)
    out.piece(this.#end)
  }
}

/** How lines begin, behind `head`, by protocol number; IPv6's 256 behind IPv4's. Shape [512]. */
export function linePrefixes(dialect: Dialect, head = ''): Piece[] {
  return Array.from({ length: 512 }, (_, i) => {
    const protocol = i & 255
    const family = i < 256 ? 'ipv4     2 ' : 'ipv6     10 '
    return new Piece(`${head}${dialect.family ? family : ''}${l4Name(protocol).padEnd(8)} ${String(protocol)} `)
  })
}

/** One direction, with a space behind it. */
export function writeTuple(out: TextBuffer, conn: Connection, dir: number, isShort: boolean): void {
  if (conn.l3num === AF_INET && hasPorts(conn.protocol)) {
    out.tuple4(conn.source(dir), conn.destination(dir), conn.sourcePort(dir), conn.destinationPort(dir))
    return
  }
  out.piece(SRC)
  if (conn.l3num === AF_INET) out.ipv4(conn.source(dir))
  else writeIpv6(out, conn.source(dir), conn.source(dir, 1), conn.source(dir, 2), conn.source(dir, 3), isShort)
  out.piece(DST)
  if (conn.l3num === AF_INET) out.ipv4(conn.destination(dir))
  else writeIpv6(out, conn.destination(dir), conn.destination(dir, 1), conn.destination(dir, 2), conn.destination(dir, 3), isShort)
  writeSelector(out, conn, dir, conn.protocol)
  out.piece(SPACE)
}

/** The reply's tuple, behind the original's and what else is told of that. */
export function writeReply(out: TextBuffer, conn: Connection, isShort: boolean): void {
  const isMirror = conn.source(REPLY) === conn.destination(ORIGINAL) && conn.destination(REPLY) === conn.source(ORIGINAL) &&
    conn.sourcePort(REPLY) === conn.destinationPort(ORIGINAL) && conn.destinationPort(REPLY) === conn.sourcePort(ORIGINAL)
  if (isMirror && conn.l3num === AF_INET && hasPorts(conn.protocol)) out.answer4()
  else writeTuple(out, conn, REPLY, isShort)
}

function writeIpv6(out: TextBuffer, a: number, b: number, c: number, d: number, isShort: boolean): void {
  if (isShort) out.text(formatIpv6Short(a, b, c, d))
  else out.ipv6(a, b, c, d)
}

/** The state and a space, where the protocol has one. */
export function writeState(out: TextBuffer, conn: Connection): void {
  const state = stateOf(conn)
  if (state >= 0) out.piece(STATES[state] ?? NOTHING)
}

const hasPorts = (protocol: number): boolean => protocol === IPPROTO_TCP || protocol === IPPROTO_UDP || protocol === IPPROTO_UDPLITE ||
  protocol === IPPROTO_SCTP || protocol === IPPROTO_DCCP

/** What stands behind the addresses: ports, ICMP's type, code and id, or GRE's keys. */
function writeSelector(out: TextBuffer, conn: Connection, dir: number, protocol: number): void {
  switch (protocol) {
    case IPPROTO_TCP: case IPPROTO_UDP: case IPPROTO_UDPLITE: case IPPROTO_SCTP: case IPPROTO_DCCP:
      out.piece(SPORT)
      out.number(conn.sourcePort(dir))
      out.piece(DPORT)
      out.number(conn.destinationPort(dir))
      break
    case IPPROTO_ICMP: case IPPROTO_ICMPV6:
      out.text(' type=')
      out.number(conn.destinationPort(dir) >>> 8)
      out.text(' code=')
      out.number(conn.destinationPort(dir) & 255)
      out.text(' id=')
      out.number(conn.sourcePort(dir))
      break
    case IPPROTO_GRE:
      out.text(` srckey=0x${conn.sourcePort(dir).toString(16)} dstkey=0x${conn.destinationPort(dir).toString(16)}`)
      break
  }
}

export function writeField(out: TextBuffer, name: Piece, value: number): void {
  out.piece(name)
  out.number(value)
  out.piece(SPACE)
}

export function writeCounters(out: TextBuffer, conn: Connection, dir: number): void {
  writeField(out, PACKETS, conn.packets(dir))
  writeField(out, BYTES, conn.bytes(dir))
}
