// The fast path: what nearly every packet is, a sound segment of TCP, datagram of UDP or ping on Ethernet that fits what was said
// before, from the bytes of the capture to its connection's record, in one go. Whatever is not the usual is left to the long way through
// src/, before anything has changed: so this decides nothing that is not decided there, and both may take turns packet by packet.
//
// AssemblyScript, because V8 adds checks and tags to nearly every number that JavaScript touches, and none to these. What is left is
// waiting for memory: so frames are looked at in batches, and what they will need is asked for together.
// src/fast-path/ lends this its memory. The files beside it are called as those in src/ whose work they do.

import {
  BLANKS, BLOCKS_OF, FINDS_COPIES, FRAMES_LEFT, FRAME_NUMBER, FREE, HEADS_AT, LAST_NSEC, LAST_RECORD, LAST_SEC_F64, LAST_TICK_F64, MASK,
  MOST_BLANKS, NEXT_TURN_F64, NOW_F64, NSEC_FROM, NSEC_PER, NSEC_TO, ON_WHEEL, PER_MS_F64, PER_SECOND, PING_TIMEOUT_F64, SECOND,
  TOUCHED, UDP_TIMEOUT_F64,
} from '../src/base/memory-map'
import { AF_INET, AF_INET6, ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../src/base/units'
import { DEADLINE_F64, PACKETS_F64, PRIVATE, STATUS, WHEEL_PLACE } from '../src/table/layout'
import { IPS_SEEN_REPLY } from '../src/table/status'
import { Item, MOST, itemOf } from './batch'
import { isCopy, keyA, keyB, keyOn, readKeys, remember, slotOf } from './copies'
import { answerToPing, asksForEcho, isPing, portsOfPing } from './icmp'
import { end, readBlock, readRecord, start, wireLength } from './records'
import { NOT_FOUND, account, canOpen, confirm, find, hashTuple, open, refresh } from './table'
import { openTcp, opensTcp, readTcp, tcp } from './tcp'
import { isSoundUdp, udp } from './udp'
import { turn } from './wheel'
import { be16, be32, desk, deskDouble, recordOf, setDesk, setDeskDouble, setDouble, setWord, word } from './words'

const ETHERNET_HEADER: usize = 14
const ETHERNET_TYPE: usize = 12
const IPV4_HEADER: usize = 20
const IPV6_HEADER: usize = 40
const FRAGMENT: u16 = 0xff3f // More Fragments and the offset, as a little-endian machine reads them
const TCP_HEADER: usize = 20
const UDP_HEADER: usize = 8
const NSEC_PER_MSEC: i32 = 1_000_000
const OPENED: i32 = 4 // connections that a batch opens, more or less

/**
 * Takes frames for as long as they are usual.
 * @param from  where the first one's record begins
 * @param to    behind the last byte there is
 * @returns     where the record begins that was not taken, or is not all there
 */
export function run(from: usize, to: usize): usize {
  let at = from
  let left = desk(FRAMES_LEFT)
  for (;;) {
    const count = look(at, to, min(left, MOST))
    if (count == 0) break
    touch(count)
    let i = 0
    while (i < count && take(itemOf(i))) i++
    left -= i
    if (i > 0) setDesk(LAST_RECORD, <i32>itemOf(i - 1).record)
    if (i < count) {
      at = itemOf(i).record
      break
    }
    at = itemOf(count - 1).behind
  }
  setDesk(FRAMES_LEFT, left)
  return at
}

/** Looks at the next frames, up to one that is not for the fast path. @returns how many they are */
function look(from: usize, to: usize, most: i32): i32 {
  const perSecond = <u32>desk(PER_SECOND)
  const nsecPer = <u32>desk(NSEC_PER)
  const blocksOf = desk(BLOCKS_OF)
  const finds = desk(FINDS_COPIES) != 0
  let at = from
  let count = 0
  while (count < most) {
    const item = itemOf(count)
    if (blocksOf < 0 ? !readRecord(item, at, to, perSecond, nsecPer) : !readBlock(item, at, to, blocksOf, perSecond, nsecPer)) break
    if (!lookAt(item, finds)) break
    at = item.behind
    count++
  }
  return count
}

/** Looks at the frame just read. @returns whether it holds what may be for the fast path */
@inline
function lookAt(item: Item, finds: bool): bool {
  if (end - start < ETHERNET_HEADER + IPV4_HEADER) return false
  const type = be16(start + ETHERNET_TYPE)
  if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6) return false
  const ip = start + ETHERNET_HEADER
  const left = end - ip
  const isIpv4 = load<u8>(ip) >>> 4 == 4
  let header: usize, total: usize, protocol: i32
  if (isIpv4) {
    header = <usize>(load<u8>(ip) & 15) << 2
    total = be16(ip + 2)
    if (header < IPV4_HEADER || left < header || total < header || (load<u16>(ip, 6) & FRAGMENT) != 0) return false
    protocol = load<u8>(ip, 9)
  } else {
    if (load<u8>(ip) >>> 4 != 6 || left < IPV6_HEADER) return false
    header = IPV6_HEADER
    total = be16(ip + 4)
    if (total == 0) return false
    total += IPV6_HEADER
    protocol = load<u8>(ip, 6)
  }
  if (total > left && total > wireLength - ETHERNET_HEADER) return false
  const bytes = min(left, total)
  const l4 = ip + header
  if (protocol == IPPROTO_TCP) {
    if (bytes < header + TCP_HEADER || bytes < header + (<usize>(load<u8>(l4, 12) >>> 4) << 2)) return false
  } else if (protocol == IPPROTO_UDP) {
    if (bytes < header + UDP_HEADER) return false
  } else if (protocol != IPPROTO_ICMP || !isIpv4 || bytes < total || deskDouble(PING_TIMEOUT_F64) == 0) return false
  else if (!isPing(l4, <i32>(total - header))) return false

  item.ip = ip
  item.l4 = l4
  item.total = <i32>total
  item.proto = (isIpv4 ? AF_INET : AF_INET6) | (protocol << 8)
  item.ports = protocol == IPPROTO_ICMP ? portsOfPing(l4) : be32(l4)
  item.source = be32(isIpv4 ? ip + 12 : ip + 8)
  item.destination = be32(isIpv4 ? ip + 16 : ip + 24)
  item.hash = hashTuple(item.proto, item.ports, item.source, item.destination, ip)
  item.hops = isIpv4 ? load<u8>(ip, 8) : load<u8>(ip, 7)
  if (finds) {
    readKeys(ip, header, bytes, isIpv4)
    item.keyA = keyA
    item.keyB = keyB
    item.slot = slotOf(keyA, keyB)
  }
  return true
}

/** Touches what the frames of a batch will need, so that memory brings it all in the time of one. */
function touch(count: i32): void {
  const mask = desk(MASK)
  let seen = 0
  for (let i = 0; i < count; i++) {
    const item = itemOf(i)
    seen ^= word(HEADS_AT, item.hash & mask) ^ keyOn(item.slot)
  }
  for (let i = 0; i < count; i++) {
    const link = word(HEADS_AT, itemOf(i).hash & mask)
    const record = recordOf(max(link - 1, 0) >>> 1)
    seen ^= word(record, STATUS) ^ word(record, PRIVATE) ^ word(record, PACKETS_F64)
  }
  let free = desk(FREE)
  for (let i = 0; i < OPENED && free != 0; i++) {
    const record = recordOf(free - 1)
    free = word(record, WHEEL_PLACE)
    seen ^= word(record, PRIVATE) ^ word(record, PACKETS_F64)
  }
  setDesk(TOUCHED, seen)
}

/** Takes one frame. @returns false when it is not for the fast path; then nothing has changed but that time has passed */
@inline
function take(item: Item): bool {
  const sec = item.sec
  const nsec = item.nsec
  // Time, as in src/timers/clock.ts.
  let now = deskDouble(NOW_F64)
  const isNow = sec == <u32>desk(SECOND) && nsec >= desk(NSEC_FROM) && nsec < desk(NSEC_TO)
  if (!isNow) {
    const tick = floor((<f64>sec * 1000 + <f64>(nsec / NSEC_PER_MSEC)) * deskDouble(PER_MS_F64))
    if (tick < now || tick > deskDouble(LAST_TICK_F64)) return false
    now = tick
    if (tick >= deskDouble(NEXT_TURN_F64)) turn(tick)
  }
  const frame = item.ip - ETHERNET_HEADER
  const finds = desk(FINDS_COPIES) != 0
  if (finds && isCopy(item.slot, item.keyA, item.keyB, frame, item.hops, sec, nsec)) return false

  const l4 = item.l4
  const length = item.total
  const room = length - <i32>(l4 - item.ip)
  const protocol = item.proto >>> 8
  const isTcp = protocol == IPPROTO_TCP
  const isUdp = protocol == IPPROTO_UDP
  if (isTcp ? !readTcp(l4, room) : isUdp && !isSoundUdp(l4, room)) return false
  const found = find(item.hash, item.proto, item.ports, item.source, item.destination, item.ip, now)
  if (found == NOT_FOUND) {
    const opens = isTcp ? opensTcp() : isUdp || asksForEcho(item.ports)
    if (!opens || !canOpen()) return false
    const answers = isTcp || isUdp ? rotl<i32>(item.ports, 16) : answerToPing(item.ports)
    const index = open(item.proto, item.ports, answers, item.source, item.destination, item.ip)
    const record = recordOf(index)
    account(record, 0, length)
    const timeout = isTcp ? <f64>openTcp(record, l4) : deskDouble(isUdp ? UDP_TIMEOUT_F64 : PING_TIMEOUT_F64)
    setDouble(record, DEADLINE_F64, now + timeout)
    confirm(record, index, item.hash, now)
  } else {
    const index = found >>> 1
    const record = recordOf(index)
    const dir = found & 1
    if (desk(BLANKS) > desk(ON_WHEEL) + desk(MOST_BLANKS)) return false
    if (isTcp) {
      if (!tcp(record, index, dir, l4, length, now)) return false
    } else {
      if (isUdp) udp(record, index, dir, length, now)
      else refresh(record, index, dir, length, now + deskDouble(PING_TIMEOUT_F64))
      if (dir == 1) setWord(record, STATUS, word(record, STATUS) | IPS_SEEN_REPLY)
    }
  }

  if (finds) remember(item.slot, item.keyA, item.keyB, frame, item.hops, sec, nsec)
  if (!isNow) {
    setDeskDouble(NOW_F64, now)
    setDesk(SECOND, <i32>sec)
    setDesk(NSEC_FROM, nsec - nsec % NSEC_PER_MSEC)
    setDesk(NSEC_TO, nsec - nsec % NSEC_PER_MSEC + NSEC_PER_MSEC)
  }
  setDesk(FRAME_NUMBER, desk(FRAME_NUMBER) + 1)
  setDeskDouble(LAST_SEC_F64, <f64>sec)
  setDesk(LAST_NSEC, nsec)
  return true
}
