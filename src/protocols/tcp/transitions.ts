// TCP's states by name, and the table that moves between them, in the kernel's own shape.
// Kernel: tcp_conntracks[2][6][] in nf_conntrack_proto_tcp.c (v6.12). Cell = next state; sIV invalid, sIG ignore.

import { parseGrid } from '../../base/grid.ts'

/** Names as /proc/net/nf_conntrack prints them. */
export const TCP_STATES = [
  'NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2',
] as const

const COLUMNS = ['sNO', 'sSS', 'sSR', 'sES', 'sFW', 'sCW', 'sLA', 'sTW', 'sCL', 'sS2']
const ROWS = ['syn', 'synack', 'fin', 'ack', 'rst', 'none']

export const ORIGINAL_GRID = parseGrid(`
          sNO sSS sSR sES sFW sCW sLA sTW sCL sS2
  syn     sSS sSS sIG sIG sIG sIG sIG sSS sSS sS2  // reopens TIME_WAIT and CLOSE; elsewhere the server decides
  synack  sIV sIV sSR sIV sIV sIV sIV sIV sIV sSR  // only as the second half of a simultaneous open
  fin     sIV sIV sFW sFW sLA sLA sLA sTW sCL sIV  // the first FIN closes, the second waits for the last ACK
  ack     sES sIV sES sES sCW sCW sTW sTW sCL sIV  // sNO: picked up in mid-stream (tcp_loose)
  rst     sIV sCL sCL sCL sCL sCL sCL sCL sCL sCL
  none    sIV sIV sIV sIV sIV sIV sIV sIV sIV sIV
`, COLUMNS, ROWS)

export const REPLY_GRID = parseGrid(`
          sNO sSS sSR sES sFW sCW sLA sTW sCL sS2
  syn     sIV sS2 sIV sIV sIV sIV sIV sSS sIV sS2  // simultaneous open; from TIME_WAIT the sides may have changed roles
  synack  sIV sSR sIG sIG sIG sIG sIG sIG sIG sSR  // a late one may answer a SYN that was ignored
  fin     sIV sIV sFW sFW sLA sLA sLA sTW sCL sIV
  ack     sIV sIG sSR sES sCW sCW sTW sTW sCL sIG  // sSS: half-open, the server challenges
  rst     sIV sCL sCL sCL sCL sCL sCL sCL sCL sCL
  none    sIV sIV sIV sIV sIV sIV sIV sIV sIV sIV
`, COLUMNS, ROWS)

/** Both grids behind one another: cell (dir * 6 + kind) * 10 + state. */
export const TRANSITIONS = new Uint8Array([...ORIGINAL_GRID.cells, ...REPLY_GRID.cells])
