// Connections found, opened, kept: what is in src/table/, for packets whose addresses nothing translates.

import { CAPACITY, CREATED, FREE, HEADS_AT, HIGH, LIVE, MASK, MAX, ROOMY, SEED, SERIAL as LAST_SERIAL } from '../src/base/memory-map'
import { AF_INET6, IPPROTO_ICMP } from '../src/base/units'
import {
  ADDR, ADDR6, BYTES_F64, CREATED_F64, DEADLINE_F64, HASH, NEXT, PACKETS_F64, PORTS, PROTO, SERIAL, STATUS, WHEEL_PLACE,
} from '../src/table/layout'
import { IPS_CONFIRMED, IPS_FIXED_TIMEOUT } from '../src/table/status'
import { be32, desk, double, recordOf, setDesk, setDouble, setWord, word } from './words'
import { hasten, place } from './wheel'

export const NOT_FOUND: i32 = -1

// Where an IPv6 header has its addresses.
const SOURCE6: usize = 8
const DESTINATION6: usize = 24

const A: i32 = <i32>0x9e3779b1
const B: i32 = <i32>0x85ebca6b
const C: i32 = <i32>0xc2b2ae35
const D: i32 = <i32>0x165667b1
const E: i32 = <i32>0x27d4eb2f

/** Folds the other three words of an IPv6 address at `at`. */
function foldTail(at: usize): i32 {
  const h = (be32(at + 4) ^ be32(at + 8) * A) * B ^ be32(at + 12) * C
  return (h ^ (h >>> 15)) * E
}

/** Hash of a tuple, as in src/table/hash.ts: of an IPv6 address, the first word and the fold of the others. */
@inline
function hashWords(proto: i32, ports: i32, source: i32, destination: i32): i32 {
  const seed = desk(SEED)
  let a = (source ^ seed) * A
  a = (a ^ (a >>> 15) ^ (ports >>> 16)) * B
  let b = (destination ^ seed) * A
  b = (b ^ (b >>> 15) ^ (proto >>> 8 == IPPROTO_ICMP ? ports >>> 16 : ports & 0xffff)) * B
  let h = ((a ^ (a >>> 13)) + (b ^ (b >>> 13))) ^ proto * C
  h = (h ^ (h >>> 15)) * D
  return h ^ (h >>> 16)
}

/** Hash of the tuple of the packet at `ip`. */
@inline
export function hashTuple(proto: i32, ports: i32, source: i32, destination: i32, ip: usize): i32 {
  if ((proto & 255) != AF_INET6) return hashWords(proto, ports, source, destination)
  return hashWords(proto, ports, source ^ foldTail(ip + SOURCE6), destination ^ foldTail(ip + DESTINATION6))
}

/** @returns connection * 2 + direction, or NOT_FOUND */
@inline
export function find(hash: i32, proto: i32, ports: i32, source: i32, destination: i32, ip: usize, now: f64): i32 {
  let link = word(HEADS_AT, hash & desk(MASK))
  while (link != 0) {
    const index = (link - 1) >>> 1
    const record = recordOf(index)
    if (word(record, PROTO) == proto && double(record, DEADLINE_F64) > now) {
      if (
        word(record, PORTS + 1) == ports && word(record, ADDR + 2) == source && word(record, ADDR + 3) == destination &&
        ((proto & 255) != AF_INET6 || isTail(record + ((ADDR6 + 6) << 2), ip))
      ) return (index << 1) | 1
      if (
        word(record, PORTS) == ports && word(record, ADDR) == source && word(record, ADDR + 1) == destination &&
        ((proto & 255) != AF_INET6 || isTail(record + (ADDR6 << 2), ip))
      ) return index << 1
    }
    link = word(record + (<usize>((link - 1) & 1) << 2), NEXT)
  }
  return NOT_FOUND
}

/** The other words of both addresses of the packet at `ip` are those at `at`. */
function isTail(at: usize, ip: usize): bool {
  const source = ip + SOURCE6
  const destination = ip + DESTINATION6
  return word(at, 0) == be32(source + 4) && word(at, 1) == be32(source + 8) && word(at, 2) == be32(source + 12) &&
    word(at, 3) == be32(destination + 4) && word(at, 4) == be32(destination + 8) && word(at, 5) == be32(destination + 12)
}

/** There is room for one connection more, without anything having to be widened or dropped. */
@inline
export function canOpen(): bool {
  const live = desk(LIVE)
  const most = desk(MAX)
  return (most == 0 || live < most) && live < desk(ROOMY) && (desk(FREE) != 0 || desk(HIGH) < desk(CAPACITY))
}

/** Takes a record and gives it both tuples. @param answers  the ports of the answer's. @returns its number */
export function open(proto: i32, ports: i32, answers: i32, source: i32, destination: i32, ip: usize): i32 {
  let index = desk(FREE) - 1
  let record: usize
  if (index >= 0) {
    record = recordOf(index)
    setDesk(FREE, word(record, WHEEL_PLACE))
    for (let at = record; at < record + (ADDR6 << 2); at += 32) {
      store<i64>(at, 0)
      store<i64>(at, 0, 8)
      store<i64>(at, 0, 16)
      store<i64>(at, 0, 24)
    }
  } else {
    index = desk(HIGH)
    setDesk(HIGH, index + 1)
    record = recordOf(index)
  }
  setDesk(LIVE, desk(LIVE) + 1)
  setWord(record, PROTO, proto)
  setWord(record, PORTS, ports)
  setWord(record, PORTS + 1, answers)
  setWord(record, ADDR, source)
  setWord(record, ADDR + 1, destination)
  setWord(record, ADDR + 2, destination)
  setWord(record, ADDR + 3, source)
  if ((proto & 255) == AF_INET6) {
    for (let i = 0; i < 3; i++) {
      const from = be32(ip + SOURCE6 + 4 + (<usize>i << 2))
      const to = be32(ip + DESTINATION6 + 4 + (<usize>i << 2))
      const tail = record + (<usize>i << 2)
      setWord(tail, ADDR6, from)
      setWord(tail, ADDR6 + 3, to)
      setWord(tail, ADDR6 + 6, to)
      setWord(tail, ADDR6 + 9, from)
    }
  }
  return index
}

/** Puts a record into the hash and onto the wheel. Its deadline must be set. */
@inline
export function confirm(record: usize, index: i32, hash: i32, now: f64): void {
  const serial = desk(LAST_SERIAL) + 1
  setDesk(LAST_SERIAL, serial)
  setWord(record, STATUS, word(record, STATUS) | IPS_CONFIRMED)
  setWord(record, SERIAL, serial)
  setDouble(record, CREATED_F64, now)
  const head = hash & desk(MASK)
  setWord(record, HASH, hash)
  setWord(record, NEXT, word(HEADS_AT, head))
  setWord(record, NEXT + 1, -1)
  setWord(HEADS_AT, head, (index << 1) + 1)
  place(record, index)
  setDesk(CREATED, desk(CREATED) + 1)
}

/** Counts one packet of `length` bytes. */
@inline
export function account(record: usize, dir: i32, length: i32): void {
  const at = record + (<usize>dir << 4)
  setDouble(at, PACKETS_F64, double(at, PACKETS_F64) + 1)
  setDouble(at, BYTES_F64, double(at, BYTES_F64) + <f64>length)
}

/** Counts one packet and gives a connection that is in the table until `tick`, where nothing holds its deadline fast. */
@inline
export function refresh(record: usize, index: i32, dir: i32, length: i32, tick: f64): void {
  account(record, dir, length)
  if ((word(record, STATUS) & IPS_FIXED_TIMEOUT) != 0) return
  const before = double(record, DEADLINE_F64)
  setDouble(record, DEADLINE_F64, tick)
  if (tick < before) hasten(record, index)
}

/** Takes a connection that is off the wheel out of the table. */
export function end(record: usize, index: i32): void {
  const self = (index << 1) + 1
  let at = HEADS_AT + (<usize>(word(record, HASH) & desk(MASK)) << 2)
  for (let link = word(at, 0); link != self; link = word(at, 0)) {
    at = recordOf((link - 1) >>> 1) + (NEXT << 2) + (<usize>((link - 1) & 1) << 2)
  }
  setWord(at, 0, word(record, NEXT))
  setWord(record, PROTO, 0)
  setWord(record, WHEEL_PLACE, desk(FREE))
  setDesk(FREE, index + 1)
  setDesk(LIVE, desk(LIVE) - 1)
}
