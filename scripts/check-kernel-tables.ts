// Holds our transition tables, state names and timeouts against the C source of a kernel, cell by cell:
//
//     node --import ./scripts/typescript.js scripts/check-kernel-tables.ts /path/to/linux
//
// Run by hand when the kernel we follow moves on; docs/kernel-map.md has the last result. Exits 1 when anything differs.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CELL_IGNORE, CELL_INVALID } from '../src/base/grid.ts'
import { defaultSysctl, type Knob } from '../src/base/sysctl.ts'
import { ABORT, COOKIE_ACK, COOKIE_ECHO, DATA, ERROR, HEARTBEAT, HEARTBEAT_ACK, INIT, INIT_ACK, SHUTDOWN, SHUTDOWN_ACK,
  SHUTDOWN_COMPLETE } from '../src/protocols/sctp/chunks.ts'
import { DCCP_STATES, TRANSITIONS as DCCP } from '../src/protocols/dccp/states.ts'
import { ROW_OF } from '../src/protocols/sctp/sctp.ts'
import { SCTP_STATES, TRANSITIONS as SCTP } from '../src/protocols/sctp/states.ts'
import { ACK, FIN, NO_FLAG, RST, SYN, SYNACK } from '../src/protocols/tcp/states.ts'
import { TCP_STATES, TRANSITIONS as TCP } from '../src/protocols/tcp/transitions.ts'
import { CSource, type Value } from './lib/c-source.ts'

const root = process.argv[2]
if (root === undefined) {
  console.error('usage: check-kernel-tables.ts /path/to/linux')
  process.exit(2)
}

const hash = createHash('sha256')
const read = (path: string): string => {
  const text = readFileSync(join(root, path), 'utf8')
  hash.update(text)
  return text
}
const tracker = (name: string, ...headers: readonly string[]): CSource =>
  new CSource(...headers.map(read), read(`net/netfilter/nf_conntrack_proto_${name}.c`))

const tcp = tracker('tcp', 'include/uapi/linux/netfilter/nf_conntrack_tcp.h')
const sctp = tracker('sctp', 'include/uapi/linux/netfilter/nf_conntrack_sctp.h', 'include/linux/sctp.h')
const dccp = tracker('dccp', 'include/linux/netfilter/nf_conntrack_dccp.h', 'include/uapi/linux/dccp.h')
const udp = tracker('udp')
const gre = tracker('gre')
for (const source of [tcp, sctp, dccp, udp, gre]) setUnits(source)

let differences = 0

compareGrid(tcp, 'tcp_conntracks', TCP, [2, 6, TCP_STATES.length])
compareGrid(sctp, 'sctp_conntracks', SCTP, [2, 11, SCTP_STATES.length])
compareGrid(dccp, 'dccp_state_table', DCCP, [2, 10, DCCP_STATES.length])

compare('rows of tcp_conntracks', [
  ['TCP_SYN_SET', SYN], ['TCP_SYNACK_SET', SYNACK], ['TCP_FIN_SET', FIN], ['TCP_ACK_SET', ACK], ['TCP_RST_SET', RST],
  ['TCP_NONE_SET', NO_FLAG],
].map(([name, ours]) => [String(name), tcp.number(String(name)), ours]))
const rows = [...sctp.text.matchAll(/case\s+(SCTP_CID_\w+):\s*i\s*=\s*(\d+);/g)]
compare('rows of sctp_conntracks', rows.map(([, name = '', row]) => [name, Number(row), ROW_OF[sctp.number(name)]]))
compare('types of chunk', Object.entries({
  DATA, INIT, INIT_ACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE,
}).map(([name, ours]) => [name, sctp.number(`SCTP_CID_${name}`), ours]))

compareNames(tcp, 'tcp_conntrack_names', TCP_STATES)
compareNames(sctp, 'sctp_conntrack_names', SCTP_STATES)
compareNames(dccp, 'dccp_state_names', DCCP_STATES)

compareTimeouts(tcp, 'tcp_timeouts', {
  TCP_CONNTRACK_SYN_SENT: 'tcp_timeout_syn_sent', TCP_CONNTRACK_SYN_RECV: 'tcp_timeout_syn_recv',
  TCP_CONNTRACK_ESTABLISHED: 'tcp_timeout_established', TCP_CONNTRACK_FIN_WAIT: 'tcp_timeout_fin_wait',
  TCP_CONNTRACK_CLOSE_WAIT: 'tcp_timeout_close_wait', TCP_CONNTRACK_LAST_ACK: 'tcp_timeout_last_ack',
  TCP_CONNTRACK_TIME_WAIT: 'tcp_timeout_time_wait', TCP_CONNTRACK_CLOSE: 'tcp_timeout_close',
  TCP_CONNTRACK_RETRANS: 'tcp_timeout_max_retrans', TCP_CONNTRACK_UNACK: 'tcp_timeout_unacknowledged',
})
compareTimeouts(sctp, 'sctp_timeouts', {
  SCTP_CONNTRACK_CLOSED: 'sctp_timeout_closed', SCTP_CONNTRACK_COOKIE_WAIT: 'sctp_timeout_cookie_wait',
  SCTP_CONNTRACK_COOKIE_ECHOED: 'sctp_timeout_cookie_echoed', SCTP_CONNTRACK_ESTABLISHED: 'sctp_timeout_established',
  SCTP_CONNTRACK_SHUTDOWN_SENT: 'sctp_timeout_shutdown_sent', SCTP_CONNTRACK_SHUTDOWN_RECD: 'sctp_timeout_shutdown_recd',
  SCTP_CONNTRACK_SHUTDOWN_ACK_SENT: 'sctp_timeout_shutdown_ack_sent', SCTP_CONNTRACK_HEARTBEAT_SENT: 'sctp_timeout_heartbeat_sent',
})
compareTimeouts(udp, 'udp_timeouts', { UDP_CT_UNREPLIED: 'udp_timeout', UDP_CT_REPLIED: 'udp_timeout_stream' })
compareTimeouts(gre, 'gre_timeouts', { GRE_CT_UNREPLIED: 'gre_timeout', GRE_CT_REPLIED: 'gre_timeout_stream' })
const assigned = [...dccp.text.matchAll(/dccp_timeout\[CT_DCCP_(\w+)\]\s*=\s*([^;>]+);/g)]
compare('dccp_timeout', assigned.map(([, state = '', value = '']) =>
  [state, dccp.number(value), defaultSysctl()[`dccp_timeout_${state.toLowerCase()}` as Knob]]))

const [version, patch, sub] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL']
  .map((name) => new RegExp(`^${name} *= *(\\d+)`, 'm').exec(readFileSync(join(root, 'Makefile'), 'utf8'))?.[1] ?? '?')
console.log(`Linux ${version ?? ''}.${patch ?? ''}.${sub ?? ''}, sources sha256 ${hash.digest('hex').slice(0, 16)}: ` +
  (differences === 0 ? 'no difference' : `${String(differences)} differences`))
process.exitCode = differences === 0 ? 0 : 1

/** Times in C are products of these and HZ: taken in seconds. */
function setUnits(source: CSource): void {
  source.constants.set('HZ', 1)
  for (const [unit, seconds] of [['SECS', 1], ['MINS', 60], ['HOURS', 3600], ['DAYS', 86_400]] as const) source.constants.set(unit, seconds)
  source.constants.set('DCCP_MSL', 120)
}

/** Says what differs of some numbers, each with its name: the kernel's, then ours. */
function compare(what: string, pairs: readonly (readonly (string | number | undefined)[])[]): void {
  const different = pairs.filter(([, theirs, ours]) => theirs !== ours)
  differences += different.length
  if (pairs.length === 0) {
    differences++
    console.log(`${what}: found nothing to compare`)
  } else console.log(`${what}: ${String(pairs.length - different.length)} of ${String(pairs.length)} equal`)
  for (const [name, theirs, ours] of different) console.log(`  ${String(name)}: kernel ${String(theirs)}, ours ${String(ours)}`)
}

/** Our flat cells against a table of three dimensions. */
function compareGrid(source: CSource, name: string, ours: Uint8Array, [tables, kinds, states]: readonly [number, number, number]): void {
  const theirs = source.places(source.initialiser(name))
  const pairs: (string | number | undefined)[][] = []
  for (let table = 0; table < tables; table++) {
    const rows = placesOf(source, theirs[table])
    for (let kind = 0; kind < kinds; kind++) {
      const cells = placesOf(source, rows[kind])
      for (let state = 0; state < states; state++) {
        pairs.push([
          `[${String(table)}][${String(kind)}][${String(state)}]`, cellOf(source, cells[state], states),
          ours[(table * kinds + kind) * states + state],
        ])
      }
    }
  }
  compare(name, pairs)
}

function placesOf(source: CSource, value: Value | undefined): (Value | undefined)[] {
  return value === undefined || typeof value === 'string' ? [] : source.places(value)
}

/** A cell of theirs as a number of ours. The codes behind the states are invalid, and where the table has one, ignored. */
function cellOf(source: CSource, value: Value | undefined, states: number): number | undefined {
  if (typeof value !== 'string') return undefined
  const number = source.number(value)
  return number < states ? number : value === 'sIG' ? CELL_IGNORE : value === 'sIV' ? CELL_INVALID : undefined
}

function compareNames(source: CSource, name: string, ours: readonly string[]): void {
  const theirs = source.places(source.initialiser(name))
  compare(name, ours.map((state, at) => [String(at), typeof theirs[at] === 'string' ? theirs[at].replace(/"/g, '') : undefined, state]))
}

function compareTimeouts(source: CSource, name: string, knobs: Readonly<Record<string, Knob>>): void {
  const sysctl = defaultSysctl()
  const theirs = new Map(source.initialiser(name).map(({ at, value }) =>
    [at, typeof value === 'string' ? source.number(value) : undefined]))
  compare(name, Object.entries(knobs).map(([state, knob]) => [knob, theirs.get(state), sysctl[knob]]))
}
