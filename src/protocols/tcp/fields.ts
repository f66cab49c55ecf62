// What each of TCP's private words in a record holds, and its flags. The cursors over them are in words.ts. Without code, because
// the fast path (assembly/) is written in another language and reads this too.
// Kernel: struct ip_ct_tcp and struct ip_ct_tcp_state, v6.12.

//    field            word   holds                                                 unit
export const END       = 0 // highest seq + len this side has sent                         sequence number
export const MAX_END   = 1 // highest seq + len the other side will take                   sequence number
export const MAX_WIN   = 2 // widest window this side ever offered                         bytes, scale applied
export const MAX_ACK   = 3 // highest ack this side has sent (FLAG_MAXACK_SET)             sequence number
export const FLAGS     = 4 // FLAG_… | window scale << 8
export const SIDE_WORDS = 5

export const STATE     = 10 // state | kind of the last segment << 8 | its direction << 16 | equal ACKs in a row << 24
export const LAST_SEQ  = 11 // of the last segment that said something                     sequence number
export const LAST_ACK  = 12
export const LAST_END  = 13
export const LAST_WIN  = 14 // its window, unscaled | its window scale << 16 | LAST_… flags << 24

// Flags of a side. Source: IP_CT_TCP_FLAG_*, nf_conntrack_tcp.h (uapi), v6.12.
export const FLAG_WINDOW_SCALE = 0x01
export const FLAG_SACK_PERM = 0x02
export const FLAG_CLOSE_INIT = 0x04
export const FLAG_BE_LIBERAL = 0x08
export const FLAG_DATA_UNACKNOWLEDGED = 0x10
export const FLAG_MAXACK_SET = 0x20
// Flags noted with the last segment, beside the first two above.
export const FLAG_EXPECT_CHALLENGE_ACK = 0x40
export const FLAG_SIMULTANEOUS_OPEN = 0x80
