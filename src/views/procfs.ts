// /proc/net/nf_conntrack, byte for byte. Kernel: ct_seq_show() in nf_conntrack_standalone.c (v6.12).

import type { Row, RowTuple } from './row.ts'

export interface ProcOptions {
  /** nf_conntrack_acct: print packets= and bytes= */
  readonly counters: boolean
}

/** One line, without its newline. */
export function printProc(row: Row, options: ProcOptions): string {
  let line = `${row.l3.padEnd(8)} ${String(row.l3num)} ${row.l4.padEnd(8)} ${String(row.l4num)} `
  if (row.timeout !== null) line += `${String(row.timeout)} `
  if (row.state !== null) line += `${row.state} `
  line += printTuple(row.original)
  if (options.counters && row.originalCounters !== null) line += printCounters(row.originalCounters)
  if (!row.seenReply) line += '[UNREPLIED] '
  line += printTuple(row.reply)
  if (options.counters && row.replyCounters !== null) line += printCounters(row.replyCounters)
  if (row.assured) line += '[ASSURED] '
  return `${line}mark=${String(row.mark)} zone=${String(row.zone)} use=${String(row.use)}`
}

function printCounters({ packets, bytes }: { packets: number, bytes: number }): string {
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
