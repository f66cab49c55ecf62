// TCP's states and kinds of segment as numbers, beside the table that moves between them (transitions.ts): without code, because the
// fast path (assembly/) is written in another language and reads this too.

export const NONE = 0
export const SYN_SENT = 1
export const SYN_RECV = 2
export const ESTABLISHED = 3
export const FIN_WAIT = 4
export const CLOSE_WAIT = 5
export const LAST_ACK = 6
export const TIME_WAIT = 7
export const CLOSE = 8
export const SYN_SENT2 = 9

// Timeouts beside the ten states': index behind them.
export const RETRANS = 10
export const UNACK = 11

// What a segment is, by its flags.
export const SYN = 0
export const SYNACK = 1
export const FIN = 2
export const ACK = 3
export const RST = 4
export const NO_FLAG = 5
