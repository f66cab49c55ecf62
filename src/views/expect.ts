// The expectation table as rows, and as /proc/net/nf_conntrack_expect.
// Kernel: exp_seq_show() in nf_conntrack_expect.c (v6.12).

import { formatIpv4, formatIpv6Full } from '../base/address.ts'
import {
  AF_INET, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { ORIGINAL } from '../base/verdict.ts'
import type { Engine } from '../engine.ts'
import { EXPECT_INACTIVE, EXPECT_PERMANENT, type Expectation } from '../helpers/expectations.ts'
import { Connection } from '../table/connection.ts'
import { Tuple } from '../table/tuple.ts'
import type { RowTuple } from './row.ts'

/** One expectation. */
export interface ExpectRow {
  /** Seconds left. */
  timeout: number
  l3num: number
  l4num: number
  /** What is expected; a source address or port of zero is any. */
  tuple: RowTuple
  /** Which bits of the source count. */
  mask: { source: string, sourcePort: number }
  permanent: boolean
  inactive: boolean
  /** The helper that read the promise, and its name for this kind of connection where it has one. */
  helper: string
  kind: string
  /** The connection that promised it, in its original direction. */
  master: RowTuple
}

/** The visible expectations now, in the order of creation. */
export function expectations(engine: Engine): ExpectRow[] {
  const { helpers, table } = engine.conntrack
  if (helpers === null) return []
  const { now, hz } = engine.clock
  const master = new Connection(table.records)
  return helpers.expectations.list().map((expectation) => rowOf(expectation, master.at(expectation.master), now, hz))
}

const masterTuple = new Tuple()

function rowOf(expectation: Expectation, master: Connection, now: number, hz: number): ExpectRow {
  const { tuple, promiser, kind, flags } = expectation
  masterTuple.load(master.words, master.base, ORIGINAL)
  return {
    timeout: Math.trunc((expectation.deadline - now) / hz),
    l3num: tuple.proto & 255,
    l4num: tuple.protocol,
    tuple: rowTuple(tuple),
    mask: {
      source: formatAddress(tuple, expectation.mask0, expectation.mask1, expectation.mask2, expectation.mask3),
      sourcePort: expectation.maskPort,
    },
    permanent: (flags & EXPECT_PERMANENT) !== 0,
    inactive: (flags & EXPECT_INACTIVE) !== 0,
    helper: promiser.name,
    kind: promiser.policies[kind]?.name ?? '',
    master: rowTuple(masterTuple),
  }
}

function formatAddress(tuple: Tuple, a: number, b: number, c: number, d: number): string {
  return (tuple.proto & 255) === AF_INET ? formatIpv4(a) : formatIpv6Full(a, b, c, d)
}

/** A tuple as plain values, by what its protocol has for ports. */
export function rowTuple(tuple: Tuple): RowTuple {
  const source = formatAddress(tuple, tuple.source0, tuple.source1, tuple.source2, tuple.source3)
  const destination = formatAddress(tuple, tuple.destination0, tuple.destination1, tuple.destination2, tuple.destination3)
  const { sourcePort, destinationPort } = tuple
  switch (tuple.protocol) {
    case IPPROTO_TCP: case IPPROTO_UDP: case IPPROTO_UDPLITE: case IPPROTO_SCTP: case IPPROTO_DCCP:
      return { source, destination, sourcePort, destinationPort }
    case IPPROTO_ICMP: case IPPROTO_ICMPV6:
      return { source, destination, type: destinationPort >>> 8, code: destinationPort & 255, id: sourcePort }
    case IPPROTO_GRE:
      return { source, destination, sourceKey: sourcePort, destinationKey: destinationPort }
    default:
      return { source, destination }
  }
}

/** One line of /proc/net/nf_conntrack_expect, without its newline. */
export function printProcExpect(row: ExpectRow): string {
  const { tuple } = row
  const ports = tuple.sourceKey !== undefined
    ? `srckey=0x${tuple.sourceKey.toString(16)} dstkey=0x${(tuple.destinationKey ?? 0).toString(16)}`
    : `sport=${String(tuple.sourcePort ?? 0)} dport=${String(tuple.destinationPort ?? 0)}`
  const flags = [row.permanent ? 'PERMANENT' : '', row.inactive ? 'INACTIVE' : ''].filter((flag) => flag !== '').join(',')
  const helper = row.kind === '' ? row.helper : `${row.helper}/${row.kind}`
  return `${String(row.timeout)} l3proto = ${String(row.l3num)} proto=${String(row.l4num)} ` +
    `src=${tuple.source} dst=${tuple.destination} ${ports} ${flags}${flags === '' ? '' : ' '}${helper}`
}
