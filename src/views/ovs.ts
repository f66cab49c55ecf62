// The connection table as `ovs-appctl dpctl/dump-conntrack` prints it; with nf_conntrack_acct as with its `-s`. Spelling: Open
// vSwitch, lib/ct-dpif.c and lib/netlink-conntrack.c, which name the kernel's TCP states by their own names.

import { shortAddress } from '../base/address.ts'
import {
  IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { printProcExpect } from './expect.ts'
import type { Form, FormOptions } from './form.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'

/** Protocols that Open vSwitch prints by name. */
export const OVS_PROTOCOLS: Readonly<Record<number, string>> = {
  [IPPROTO_ICMP]: 'icmp', [IPPROTO_ICMPV6]: 'icmpv6', [IPPROTO_TCP]: 'tcp', [IPPROTO_UDP]: 'udp', [IPPROTO_SCTP]: 'sctp',
  [IPPROTO_UDPLITE]: 'udplite', [IPPROTO_DCCP]: 'dccp', [IPPROTO_IGMP]: 'igmp',
}

/** The kernel's TCP states in Open vSwitch's names. SYN_RECV counts as ESTABLISHED there: its two sides' states are shown as one. */
export const OVS_TCP_STATES: Readonly<Record<string, string>> = {
  NONE: 'CLOSED', SYN_SENT: 'SYN_SENT', SYN_SENT2: 'SYN_SENT', SYN_RECV: 'ESTABLISHED', ESTABLISHED: 'ESTABLISHED',
  FIN_WAIT: 'FIN_WAIT_1', CLOSE_WAIT: 'CLOSE_WAIT', LAST_ACK: 'LAST_ACK', TIME_WAIT: 'TIME_WAIT', CLOSE: 'CLOSING',
}

export function ovsForm(options: FormOptions): Form {
  return {
    row(out, row) { out.text(`${printOvs(row, options.counters)}\n`) },
    expectation(out, row) { out.text(`expect ${printProcExpect(row)}\n`) },
  }
}

/** One line, without its newline. @param stats  as with `-s`: counters and the timeout */
export function printOvs(row: Row, stats: boolean): string {
  let line = `${OVS_PROTOCOLS[row.l4num] ?? String(row.l4num)},orig=(${tuple(row.original, stats ? row.originalCounters : null)})` +
    `,reply=(${tuple(row.reply, stats ? row.replyCounters : null)})`
  if (row.zone !== 0) line += `,zone=${String(row.zone)}`
  if (stats && row.timeout !== null) line += `,timeout=${String(row.timeout)}`
  if (row.mark !== 0) line += `,mark=${String(row.mark)}`
  if (row.labels !== undefined) line += `,labels=${row.labels}`
  const state = row.l4num === IPPROTO_TCP ? OVS_TCP_STATES[row.state ?? ''] ?? row.state : row.l4num === IPPROTO_SCTP ? row.state : null
  if (state !== null) line += `,protoinfo=(state=${state})`
  return row.helper === undefined ? line : `${line},helper=${row.helper}`
}

function tuple(ends: RowTuple, counters: RowCounters | null): string {
  const { type, code, id } = ends
  const selector = type === undefined
    ? `,sport=${String(ends.sourcePort ?? ends.sourceKey ?? 0)},dport=${String(ends.destinationPort ?? ends.destinationKey ?? 0)}`
    : `,id=${String(id)},type=${String(type)},code=${String(code)}`
  const counts = counters === null || (counters.packets === 0 && counters.bytes === 0) ? ''
    : `,packets=${String(counters.packets)},bytes=${String(counters.bytes)}`
  return `src=${shortAddress(ends.source)},dst=${shortAddress(ends.destination)}${selector}${counts}`
}
