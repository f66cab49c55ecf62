// One connection is one record of 64 words (256 bytes) in one Int32Array: four cache lines. Words are signed, because V8
// keeps signed 32-bit integers out of the heap and turns unsigned ones above 2^31 into garbage: compare words with words,
// and use `>>> 0` where a person or unsigned arithmetic looks at one.
//
//   line 0   words  0-15   what a lookup reads and every packet writes, IPv4 addresses included
//   line 1   words 16-31   counters and what is looked at now and then
//   line 2   words 32-47   the protocol's private words (protocols/*: one cursor file each)
//   line 3   words 48-63   the other three words of each IPv6 address
//
// These offsets exist here and in the cursor (connection.ts) and nowhere else. A field named …_F64 is a double that
// covers two words: read it through the Float64Array at half the offset.

export const RECORD_WORDS = 64

// NEXT + 1 is used only where the answer's tuple has another hash than the original's (hash.ts).

//    field           word   holds                                                                    unit
export const PROTO      = 0 //  l3num | protocol << 8 | zone << 16; 0 in a free record
export const NEXT       = 1 //  +dir: next link in the hash chain (conn * 2 + dir + 1; 0 ends); -1 where it has no such entry  link
export const STATUS     = 3 //  IPS_* bits (status.ts)
export const DEADLINE_F64 = 4 // when the entry is gone, if nothing refreshes it                      ticks since the epoch
export const PORTS      = 6 //  +dir: source << 16 | destination; ICMP: id << 16 | type << 8 | code
export const ADDR       = 8 //  +dir*2: source, then destination; first word of an IPv6 address
export const WHEEL_SLOT = 12 // slot of the timing wheel + 1; 0 when not on it
export const WHEEL_PLACE = 13 // where it stands among those on the slot (stacks.ts); in a free record: next free
export const HASH       = 14 // of the original's tuple, and of the answer's unless that has an entry of its own
export const NOTE       = 15 // whatever an onlooker wants to know again of this connection; 0 in a new one

export const PACKETS_F64 = 16 // +dir*4: packets accounted                                            packets
export const BYTES_F64   = 18 // +dir*4: bytes accounted, IP header included                          bytes
export const CREATED_F64 = 24 // when it was confirmed                                                ticks since the epoch
export const MARK       = 26 // ct mark
export const MASTER     = 27 // the connection that promised this one: record + 1
export const HELPER     = 28 // number of the helper that reads its payload; 0 none
export const EXPECTING  = 29 // expectations it has open
export const MASTER_SERIAL = 30 // SERIAL of the master when it was promised: tells a reused record
export const SERIAL     = 31 // counts creations, modulo 2^32: the order of printing

export const PRIVATE    = 32 // sixteen words for the protocol
export const PRIVATE_WORDS = 16

export const ADDR6      = 48 // +dir*6: the other three words of the source, then of the destination
