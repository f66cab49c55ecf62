// What IPVS holds of a TCP connection: its states, their timeouts, and the line that `ipvsadm -Lnc` prints.
// Kernel: tcp_states[], tcp_timeouts[] in net/netfilter/ipvs/ip_vs_proto_tcp.c (v6.12).

import { parseGrid } from '../base/grid.ts'

const STATES = ['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN',
  'SYNACK']
const COLUMNS = ['sNO', 'sES', 'sSS', 'sSR', 'sFW', 'sTW', 'sCL', 'sCW', 'sLA', 'sLI', 'sSA']
const ROWS = ['syn', 'fin', 'ack', 'rst']
const SECONDS = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120]
const NONE = 0
const ESTABLISHED = 1
const ESTABLISHED_MS = 900_000
const CLOSE = 6

// Who is heard: the client while the server is heard too, the server, or the client alone (direct routing, tunnels).
export const INPUT = 0
export const OUTPUT = 1
export const INPUT_ONLY = 2

const grid = (text: string): Uint8Array => parseGrid(text, COLUMNS, ROWS).cells

const GRIDS = [
  grid(`
        sNO sES sSS sSR sFW sTW sCL sCW sLA sLI sSA
    syn sSR sES sES sSR sSR sSR sSR sSR sSR sSR sSR
    fin sCL sCW sSS sTW sTW sTW sCL sCW sLA sLI sTW
    ack sES sES sSS sES sFW sTW sCL sCW sCL sLI sES
    rst sCL sCL sCL sSR sCL sCL sCL sCL sLA sLI sSR
  `),
  grid(`
        sNO sES sSS sSR sFW sTW sCL sCW sLA sLI sSA
    syn sSS sES sSS sSR sSS sSS sSS sSS sSS sLI sSR
    fin sTW sFW sSS sTW sFW sTW sCL sTW sLA sLI sTW
    ack sES sES sSS sES sFW sTW sCL sCW sLA sES sES
    rst sCL sCL sSS sCL sCL sTW sCL sCL sCL sCL sCL
  `),
  grid(`
        sNO sES sSS sSR sFW sTW sCL sCW sLA sLI sSA
    syn sSR sES sES sSR sSR sSR sSR sSR sSR sSR sSR
    fin sCL sFW sSS sTW sFW sTW sCL sCW sLA sLI sTW
    ack sES sES sSS sES sFW sTW sCL sCW sCL sLI sES
    rst sCL sCL sCL sSR sCL sCL sCL sCL sLA sLI sCL
  `),
]

const SYN = 0x02
const ACK = 0x10

/**
 * One connection of IPVS, without its addresses.
 * @differs  TCP with the default timeouts; no persistence, no synchronisation, nothing of what began before the capture
 */
export class IpvsConnection {
  #state = NONE
  /** Milliseconds of the evidence's clock; -1 when there has been none. */
  #deadline = -1

  /**
   * A segment passed. Only a SYN without an entry makes one; each segment puts the timer back.
   * @kernel  set_tcp_state(), tcp_conn_schedule(), ip_vs_conn_put() — v6.12
   */
  pass(flags: number, heard: number, ms: number): void {
    if (ms >= this.#deadline) {
      if ((flags & 0x06) !== SYN || heard === OUTPUT) return
      this.#state = NONE
    }
    const row = (flags & 0x04) !== 0 ? 3 : (flags & SYN) !== 0 ? 0 : (flags & 0x01) !== 0 ? 1 : (flags & 0x10) !== 0 ? 2 : -1
    this.#state = row < 0 ? CLOSE : GRIDS[heard]?.[row * COLUMNS.length + this.#state] ?? CLOSE
    this.#deadline = ms + (SECONDS[this.#state] ?? 0) * 1000
  }

  /** A segment passed that acknowledges and is neither SYN, FIN nor RST, as most are: once established, only the timer changes. */
  passAck(heard: number, ms: number): void {
    if (this.#state === ESTABLISHED && ms < this.#deadline) this.#deadline = ms + ESTABLISHED_MS
    else this.pass(ACK, heard, ms)
  }

  /** Was there, has run out by `ms`, and nothing passed since. */
  hasEnded(ms: number, lastMs: number): boolean {
    return this.#deadline >= 0 && ms >= this.#deadline && lastMs <= this.#deadline
  }

  /** The entry is there, and what `ipvsadm -Lnc` says of its time and state; null when there is none. */
  at(ms: number): { expire: string, state: string, seconds: number } | null {
    if (ms >= this.#deadline) return null
    const seconds = Math.floor((this.#deadline - ms) / 1000)
    const two = (value: number): string => String(value).padStart(2, '0')
    return { expire: `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`, state: STATES[this.#state] ?? '', seconds }
  }
}
