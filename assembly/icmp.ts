// Pings: src/protocols/icmp.ts, for echo requests and replies of IPv4.

import { be16 } from './words'

const HEADER: i32 = 8
const ECHO: i32 = 8
const TYPE: i32 = 0xff00

/** A packet of `room` bytes at `l4` asks for an echo, or is one. */
@inline
export function isPing(l4: usize, room: i32): bool {
  return room >= HEADER && (load<u8>(l4) == ECHO || load<u8>(l4) == 0)
}

/** What stands for ports: id << 16 | type << 8 | code. */
@inline
export function portsOfPing(l4: usize): i32 {
  return (be16(l4 + 4) << 16) | be16(l4)
}

/** The same of what answers it. */
@inline
export function answerToPing(ports: i32): i32 {
  return ports ^ (ECHO << 8)
}

/** It is a question: it may open a connection. */
@inline
export function asksForEcho(ports: i32): bool {
  return (ports & TYPE) == ECHO << 8
}
