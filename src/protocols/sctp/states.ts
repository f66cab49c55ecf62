// SCTP's states and the table that moves between them, in the kernel's own shape. The states are the connection's, not those
// of either end: what has been seen to pass.
// Kernel: sctp_conntracks[2][11][] in nf_conntrack_proto_sctp.c (v6.12). Cell = next state; sIV invalid.

import { parseGrid } from '../../base/grid.ts'

export const NONE = 0
export const CLOSED = 1
export const COOKIE_WAIT = 2
export const COOKIE_ECHOED = 3
export const ESTABLISHED = 4
export const SHUTDOWN_SENT = 5
export const SHUTDOWN_RECD = 6
export const SHUTDOWN_ACK_SENT = 7
export const HEARTBEAT_SENT = 8
export const STATES = 9

/** Names as /proc/net/nf_conntrack prints them. */
export const SCTP_STATES = [
  'NONE', 'CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
] as const

const COLUMNS = ['sNO', 'sCL', 'sCW', 'sCE', 'sES', 'sSS', 'sSR', 'sSA', 'sHS']
const ROWS = [
  'init', 'init_ack', 'abort', 'shutdown', 'shutdown_ack', 'error', 'cookie_echo', 'cookie_ack', 'shutdown_comp', 'heartbeat',
  'heartbeat_ack',
]
/** How many kinds of chunk move the state. */
export const KINDS = ROWS.length

export const ORIGINAL_GRID = parseGrid(`
                sNO sCL sCW sCE sES sSS sSR sSA sHS
  init          sCL sCL sCW sCE sES sCL sCL sSA sCW  // after a shutdown it starts a new association
  init_ack      sCL sCL sCW sCE sES sSS sSR sSA sCL
  abort         sCL sCL sCL sCL sCL sCL sCL sCL sCL
  shutdown      sCL sCL sCW sCE sSS sSS sSR sSA sCL
  shutdown_ack  sSA sCL sCW sCE sES sSA sSA sSA sSA
  error         sCL sCL sCW sCE sES sSS sSR sSA sCL
  cookie_echo   sCL sCL sCE sCE sES sSS sSR sSA sCL
  cookie_ack    sCL sCL sCW sES sES sSS sSR sSA sCL
  shutdown_comp sCL sCL sCW sCE sES sSS sSR sCL sCL
  heartbeat     sHS sCL sCW sCE sES sSS sSR sSA sHS  // sNO: another path of an association that began elsewhere
  heartbeat_ack sCL sCL sCW sCE sES sSS sSR sSA sHS
`, COLUMNS, ROWS)

export const REPLY_GRID = parseGrid(`
                sNO sCL sCW sCE sES sSS sSR sSA sHS
  init          sIV sCL sCW sCE sES sSS sSR sSA sIV
  init_ack      sIV sCW sCW sCE sES sSS sSR sSA sIV
  abort         sIV sCL sCL sCL sCL sCL sCL sCL sIV
  shutdown      sIV sCL sCW sCE sSR sSS sSR sSA sIV
  shutdown_ack  sIV sCL sCW sCE sES sSA sSA sSA sIV
  error         sIV sCL sCW sCL sES sSS sSR sSA sIV  // sCE: a stale cookie
  cookie_echo   sIV sCL sCE sCE sES sSS sSR sSA sIV
  cookie_ack    sIV sCL sCW sES sES sSS sSR sSA sIV
  shutdown_comp sIV sCL sCW sCE sES sSS sSR sCL sIV
  heartbeat     sIV sCL sCW sCE sES sSS sSR sSA sHS
  heartbeat_ack sIV sCL sCW sCE sES sSS sSR sSA sES  // sHS: the other path works both ways
`, COLUMNS, ROWS)

/** Both grids behind one another: cell (dir * KINDS + kind) * STATES + state. */
export const TRANSITIONS = new Uint8Array([...ORIGINAL_GRID.cells, ...REPLY_GRID.cells])
