// The memory that the fast path (assembly/) shares with the rest: what lies where, in bytes, and what each word of the desk holds.
// Without code, because the fast path is written in another language and reads this too.
//
// The desk is where both sides leave for each other what changes from packet to packet: the rest lays down how things stand, the
// fast path works on them, the rest takes them up again. Whatever needs no such change of hands lies where both can see it.

export const DESK_AT        = 1024
export const TIMEOUTS_AT    = 2048 // TCP's, ticks by state: shape [12] (protocols/tcp/tcp.ts)
export const TRANSITIONS_AT = 2304 // TCP's table: shape [2 × 6 × 10] (protocols/tcp/transitions.ts)
export const KINDS_AT       = 2560 // kind of a segment by its flags: shape [64] (protocols/tcp/segment.ts)
export const POSSIBLE_AT    = 2688 // 1 for the flags that are possible: shape [64]
export const COPIES_AT      = 0x1_000 // packets seen just before: a key each, then what else is known of them (ip/copies.ts)
export const SLOTS_AT       = 0x80_000 // last number on each slot of the wheel (table/stacks.ts)
export const BLOCKS_AT      = 0xa0_000 // slots in use of each block (table/wheel.ts)
export const BATCH_AT       = 0xb0_000 // the fast path's own: frames that it looks at together
export const EXPIRED_AT     = 0xc0_000 // the fast path's own: connections that come off the wheel together
export const FRAMES_AT      = 0x100_000 // bytes of the capture (capture/window.ts)
export const HEADS_AT       = 0x500_000 // heads of the hash (table/table.ts)
export const STACKS_AT      = 0x1_000_000 // what is on the slots of the wheel
export const RECORDS_AT     = 0x2_000_000 // connections (table/layout.ts), to the end of the memory

//    word            holds                                                                       unit
export const LIVE         = 0 // records in use (table/records.ts)
export const HIGH         = 1 // records ever used
export const FREE         = 2 // first free record + 1
export const CAPACITY     = 3 // records there is room for
export const MAX          = 4 // nf_conntrack_max; 0: none
export const ROOMY        = 5 // entries the hash takes before it is widened (table/table.ts)
export const MASK         = 6 // of the hash
export const SEED         = 7 // of the hash
export const SERIAL       = 8 // of the connection confirmed last
export const CREATED      = 9 // connections confirmed
export const ON_WHEEL     = 10 // records on the wheel (table/wheel.ts)
export const MOST_BLANKS  = 11 // gaps on the wheel, beside one for each record, that are too many
export const STACKS_HIGH  = 12 // first word behind the chunks ever used (table/stacks.ts)
export const STACKS_FREE  = 13 // first free chunk
export const BLANKS       = 14 // places that hold nothing any more
export const SECOND       = 16 // the millisecond that began last: its second, and nanoseconds from … to (timers/clock.ts)
export const NSEC_FROM    = 17 //                                                                   nanoseconds
export const NSEC_TO      = 18 //                                                                   nanoseconds
export const FRAMES_LEFT  = 19 // how many may be taken; afterwards: how many were not              frames
export const LAST_RECORD  = 20 // where the record of the last frame begins                         address
export const LAST_NSEC    = 21 // of the last frame                                                 nanoseconds
export const FINDS_COPIES = 22 // 1: packets captured twice are not for the fast path
export const COPIES_SEED  = 23
export const INTERFACE    = 24 // of the capture
export const FRAME_NUMBER = 25 // of the last frame
export const PER_SECOND   = 26 // what the file counts within a second
export const NSEC_PER     = 27 // what one of it is                                                 nanoseconds
export const MAX_RETRANS  = 28 // tcp_max_retrans                                                   packets
export const BLOCKS_OF    = 29 // interface of its section whose blocks may be taken; -1: records of a classic pcap
export const TOUCHED      = 30 // of no meaning: keeps what was only touched from being left out

// Two words each, a double:
export const NOW_F64          = 32 //                                                               ticks since the epoch
export const LAST_TICK_F64    = 34 // up to which nothing happens but packets                       ticks since the epoch
export const HAND_F64         = 36 // the wheel's last span                                         spans since the epoch
export const SPAN_F64         = 38 //                                                               ticks
export const PER_MS_F64       = 40 // ticks of a millisecond
export const LAST_SEC_F64     = 42 // of the last frame                                             seconds since the epoch
export const UDP_TIMEOUT_F64  = 44 //                                                               ticks
export const UDP_STREAM_F64   = 46 //                                                               ticks
export const UDP_PROBE_F64    = 48 // age from which an answered connection is a stream             ticks
export const NEXT_TURN_F64    = 50 // from which the wheel has something to do                      ticks since the epoch
export const PING_TIMEOUT_F64 = 52 // 0: pings are not for the fast path                            ticks

export const DESK_WORDS = 64
