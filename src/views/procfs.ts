// /proc/net/nf_conntrack, byte for byte. Kernel: ct_seq_show() in nf_conntrack_standalone.c (v6.12).

import {
  AF_INET, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { ORIGINAL, REPLY } from '../base/verdict.ts'
import { greTimeouts, stateName } from '../protocols/state-name.ts'
import type { Connection } from '../table/connection.ts'
import type { Form, FormOptions } from './form.ts'
import { printProcExpect } from './expect.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'
import { l4Name } from './snapshot.ts'
import type { TextBuffer } from './text-buffer.ts'

export interface ProcOptions {
  /** nf_conntrack_acct: print packets= and bytes= */
  readonly counters: boolean
  /** nf_conntrack_timestamp: print delta-time= */
  readonly timestamps?: boolean
}

export function procForm(options: FormOptions): Form {
  return {
    row(out, row) { out.text(`${printProc(row, options)}\n`) },
    connection(out, conn, now, hz) { writeProc(out, conn, now, hz, options) },
    expectation(out, row) { out.text(`expect ${printProcExpect(row)}\n`) },
  }
}

/** One line, without its newline. */
export function printProc(row: Row, options: ProcOptions = { counters: false }): string {
  const age = options.timestamps === true && row.age !== null ? `delta-time=${String(row.age)} ` : ''
  return `${row.l3.padEnd(8)} ${String(row.l3num)} ${printEntry(row, options.counters)}` +
    `mark=${String(row.mark)} zone=${String(row.zone)} ${age}use=${String(row.use)}`
}

/** What old and new kernels print alike, from the protocol's name to `[ASSURED]`, and a space. */
export function printEntry(row: Row, counters: boolean): string {
  let line = `${row.l4.padEnd(8)} ${String(row.l4num)} `
  if (row.timeout !== null) line += `${String(row.timeout)} `
  if (row.state !== null) line += `${row.state} `
  if (row.greTimeouts !== undefined) {
    line += `timeout=${String(row.greTimeouts.unreplied)}, stream_timeout=${String(row.greTimeouts.stream)} `
  }
  line += printTuple(row.original)
  if (counters && row.originalCounters !== null) line += printCounters(row.originalCounters)
  if (!row.seenReply) line += '[UNREPLIED] '
  line += printTuple(row.reply)
  if (counters && row.replyCounters !== null) line += printCounters(row.replyCounters)
  return row.assured ? `${line}[ASSURED] ` : line
}

function printCounters({ packets, bytes }: RowCounters): string {
  return `packets=${String(packets)} bytes=${String(bytes)} `
}

function printTuple(tuple: RowTuple): string {
  let text = `src=${tuple.source} dst=${tuple.destination} `
  if (tuple.sourcePort !== undefined) text += `sport=${String(tuple.sourcePort)} dport=${String(tuple.destinationPort)} `
  if (tuple.type !== undefined) text += `type=${String(tuple.type)} code=${String(tuple.code)} id=${String(tuple.id)} `
  if (tuple.sourceKey !== undefined) {
    text += `srckey=0x${tuple.sourceKey.toString(16)} dstkey=0x${(tuple.destinationKey ?? 0).toString(16)} `
  }
  return text
}

/** The line of one connection with its newline, from its record: what printProc(rowOf(conn)) says, without a row. */
function writeProc(out: TextBuffer, conn: Connection, now: number, hz: number, options: FormOptions): void {
  const protocol = conn.protocol
  const isIpv4 = conn.l3num === AF_INET
  out.text(PREFIXES[protocol + (isIpv4 ? 0 : 256)] ?? '')
  out.number(Math.floor((conn.deadline - now) / hz))
  out.text(' ')
  const state = stateName(conn)
  if (state !== null) {
    out.text(state)
    out.text(' ')
  }
  const gre = greTimeouts(conn)
  if (gre !== null) {
    out.text('timeout=')
    out.number(Math.floor(gre.timeout / hz))
    out.text(', stream_timeout=')
    out.number(Math.floor(gre.streamTimeout / hz))
    out.text(' ')
  }
  writeTuple(out, conn, ORIGINAL, protocol, isIpv4)
  if (options.counters) writeCounters(out, conn, ORIGINAL)
  if (!conn.seenReply) out.text('[UNREPLIED] ')
  writeTuple(out, conn, REPLY, protocol, isIpv4)
  if (options.counters) writeCounters(out, conn, REPLY)
  if (conn.assured) out.text('[ASSURED] ')
  out.text('mark=')
  out.number(conn.mark >>> 0)
  out.text(' zone=')
  out.number(conn.zone)
  if (options.timestamps) {
    out.text(' delta-time=')
    out.number(Math.floor((now - conn.created) / hz))
  }
  out.text(' use=2\n')
}

/** How each line begins, by protocol, IPv6 behind IPv4. */
const PREFIXES = Array.from({ length: 512 }, (_, i) => {
  const protocol = i & 255
  return `${i < 256 ? 'ipv4     2' : 'ipv6     10'} ${l4Name(protocol).padEnd(8)} ${String(protocol)} `
})

function writeTuple(out: TextBuffer, conn: Connection, dir: number, protocol: number, isIpv4: boolean): void {
  out.text('src=')
  if (isIpv4) out.ipv4(conn.source(dir))
  else out.ipv6(conn.source(dir), conn.source(dir, 1), conn.source(dir, 2), conn.source(dir, 3))
  out.text(' dst=')
  if (isIpv4) out.ipv4(conn.destination(dir))
  else out.ipv6(conn.destination(dir), conn.destination(dir, 1), conn.destination(dir, 2), conn.destination(dir, 3))
  switch (protocol) {
    case IPPROTO_TCP: case IPPROTO_UDP: case IPPROTO_UDPLITE: case IPPROTO_SCTP: case IPPROTO_DCCP:
      out.text(' sport=')
      out.number(conn.sourcePort(dir))
      out.text(' dport=')
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
  out.text(' ')
}

function writeCounters(out: TextBuffer, conn: Connection, dir: number): void {
  out.text('packets=')
  out.number(conn.packets(dir))
  out.text(' bytes=')
  out.number(conn.bytes(dir))
  out.text(' ')
}
