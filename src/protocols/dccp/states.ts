// DCCP's states and the table that moves between them, in the kernel's own shape. It goes by roles and not by directions: when
// a connection is opened anew from the other side, its client and server change places.
// Kernel: dccp_state_table[2][10][] in nf_conntrack_proto_dccp.c (v6.12). Cell = next state; sIV invalid, sIG ignore.

import { parseGrid } from '../../base/grid.ts'

export const NONE = 0
export const REQUEST = 1
export const RESPOND = 2
export const PARTOPEN = 3
export const OPEN = 4
export const CLOSEREQ = 5
export const CLOSING = 6
export const TIMEWAIT = 7
export const STATES = 8

/** Names as /proc/net/nf_conntrack prints them. */
export const DCCP_STATES = ['NONE', 'REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT'] as const

export const CLIENT = 0
export const SERVER = 1

const COLUMNS = ['sNO', 'sRQ', 'sRS', 'sPO', 'sOP', 'sCR', 'sCG', 'sTW']
const ROWS = ['request', 'response', 'data', 'ack', 'dataack', 'closereq', 'close', 'reset', 'sync', 'syncack']
/** How many types of packet there are; the numbers behind them are reserved. */
export const TYPES = ROWS.length

export const CLIENT_GRID = parseGrid(`
           sNO sRQ sRS sPO sOP sCR sCG sTW
  request  sRQ sRQ sRS sIG sIG sIG sIG sRQ  // sTW: opened anew; from sPO on the server decides
  response sIV sIG sIG sIG sIG sIG sIG sIV  // may answer a request that was ignored
  data     sIV sIV sIV sIV sOP sCR sCG sIV
  ack      sIV sIV sPO sPO sOP sCR sCG sIV
  dataack  sIV sIV sPO sPO sOP sCR sCG sIV
  closereq sIV sIV sIV sIV sIV sIV sIV sIV  // the server's alone
  close    sIV sIV sIV sCG sCG sCG sIV sIV  // sCG: a repeated Close is refused
  reset    sIV sTW sTW sTW sTW sTW sTW sIG
  sync     sIV sIG sIG sIG sIG sIG sIG sIG
  syncack  sIV sIG sIG sIG sIG sIG sIG sIG
`, COLUMNS, ROWS)

export const SERVER_GRID = parseGrid(`
           sNO sRQ sRS sPO sOP sCR sCG sTW
  request  sIV sIG sIG sIG sIG sIG sIG sRQ  // sTW: opened anew from this side, the roles change
  response sIV sRS sRS sIG sIG sIG sIG sIV
  data     sIV sIV sIV sOP sOP sIV sCG sIV
  ack      sIV sIV sIV sOP sOP sIV sCG sIV
  dataack  sIV sIV sIV sOP sOP sIV sCG sIV
  closereq sIV sIV sIV sCR sCR sCR sCR sIV  // sCG: both close at once
  close    sIV sIV sIV sCG sCG sIV sCG sIV
  reset    sIV sTW sTW sTW sTW sTW sTW sTW  // sTW: keeps the entry alive, unlike the client's
  sync     sIV sIG sIG sIG sIG sIG sIG sIG
  syncack  sIV sIG sIG sIG sIG sIG sIG sIG
`, COLUMNS, ROWS)

/** Both grids behind one another: cell (role * TYPES + type) * STATES + state. */
export const TRANSITIONS = new Uint8Array([...CLIENT_GRID.cells, ...SERVER_GRID.cells])
