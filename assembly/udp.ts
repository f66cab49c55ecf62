// UDP: src/protocols/udp.ts, for datagrams that are sound.

import { UDP_PROBE_F64, UDP_STREAM_F64, UDP_TIMEOUT_F64 } from '../src/base/memory-map'
import { CREATED_F64, STATUS } from '../src/table/layout'
import { IPS_ASSURED, IPS_SEEN_REPLY } from '../src/table/status'
import { refresh } from './table'
import { be16, deskDouble, double, setWord, word } from './words'

const HEADER: i32 = 8

@inline
export function isSoundUdp(l4: usize, room: i32): bool {
  if (room < HEADER) return false
  const length = be16(l4 + 4)
  return length <= room && length >= HEADER
}

/** A datagram of a connection that is in the table. */
@inline
export function udp(record: usize, index: i32, dir: i32, length: i32, now: f64): void {
  let timeout = deskDouble(UDP_TIMEOUT_F64)
  const status = word(record, STATUS)
  if ((status & IPS_SEEN_REPLY) != 0 && now > double(record, CREATED_F64) + deskDouble(UDP_PROBE_F64)) {
    timeout = deskDouble(UDP_STREAM_F64)
    setWord(record, STATUS, status | IPS_ASSURED)
  }
  refresh(record, index, dir, length, now + timeout)
}
