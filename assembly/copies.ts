// Packets captured twice: src/ip/copies.ts, for packets of TCP and UDP on Ethernet.

import { COPIES_AT, COPIES_SEED, FRAME_NUMBER, INTERFACE } from '../src/base/memory-map'
import { be16, be32, desk, setWord, word } from './words'

const SLOTS: i32 = 1 << 13
const WITHIN: i32 = 50
const MOST_HOPS: i32 = 8
const COMPARED: usize = 20
const A: i32 = <i32>0x9e3779b1

/** Both keys of the packet looked at last. */
export let keyA: i32 = 0
export let keyB: i32 = 0

@inline
function mix(hash: i32, value: i32): i32 {
  const mixed = (hash ^ value) * A
  return mixed ^ (mixed >>> 15)
}

/**
 * Works out both keys of a packet.
 * @param ip     where it begins, with a header of `header` bytes
 * @param bytes  that were captured of it
 */
@inline
export function readKeys(ip: usize, header: usize, bytes: usize, isIpv4: bool): void {
  let a = desk(COPIES_SEED)
  let b = ~a
  if (isIpv4) {
    a = mix(a, load<i32>(ip, 2))
    b = mix(b, load<i32>(ip, 6) & <i32>0xff00ffff)
    a = mix(a, load<i32>(ip, 12))
    b = mix(b, load<i32>(ip, 16))
  } else {
    a = mix(a, be32(ip) & 0xfffff)
    b = mix(b, be32(ip + 4) >>> 8)
    for (let at = ip + 8; at < ip + 40; at += 8) {
      a = mix(a, load<i32>(at))
      b = mix(b, load<i32>(at, 4))
    }
  }
  const end = ip + min(bytes, header + COMPARED)
  let at = ip + header
  for (; at + 8 <= end; at += 8) {
    a = mix(a, load<i32>(at))
    b = mix(b, load<i32>(at, 4))
  }
  if (at + 4 <= end) a = mix(a, load<i32>(at))
  keyA = a
  keyB = b
}

/** The slot for a packet's keys. */
@inline
export function slotOf(a: i32, b: i32): i32 {
  return mix(a, b) & (SLOTS - 1)
}

/** The key of the packet on a slot. */
@inline
export function keyOn(slot: i32): i32 {
  return word(COPIES_AT, slot)
}

/** What else is known of the packet on a slot. */
@inline
function knownOf(slot: i32): usize {
  return COPIES_AT + (SLOTS << 2) + (<usize>slot << 5)
}

/** Stations and interface as one word. @param start  of the frame */
@inline
function linkOf(start: usize): i32 {
  return mix(mix(mix(mix(desk(INTERFACE), load<i32>(start)), load<i32>(start, 4)), load<i32>(start, 8)), be16(start + 12))
}

@inline
function msOf(sec: u32, nsec: i32): i32 {
  return <i32>(sec % 1_000_000) * 1000 + nsec / 1_000_000
}

/** Is a packet with these keys one that was seen just before? */
@inline
export function isCopy(slot: i32, a: i32, b: i32, start: usize, hops: i32, sec: u32, nsec: i32): bool {
  if (keyOn(slot) != a || word(knownOf(slot), 0) != b) return false
  const age = msOf(sec, nsec) - word(knownOf(slot), 1)
  const lost = word(knownOf(slot), 3) - hops
  return age >= 0 && age <= WITHIN && lost >= 0 && lost <= MOST_HOPS && (lost > 0 || word(knownOf(slot), 2) != linkOf(start))
}

/** Keeps a packet that was not. */
@inline
export function remember(slot: i32, a: i32, b: i32, start: usize, hops: i32, sec: u32, nsec: i32): void {
  setWord(COPIES_AT, slot, a)
  const known = knownOf(slot)
  setWord(known, 0, b)
  setWord(known, 1, msOf(sec, nsec))
  setWord(known, 2, linkOf(start))
  setWord(known, 3, hops)
  setWord(known, 4, desk(FRAME_NUMBER) + 1)
}
