// TCP: src/protocols/tcp/, for segments that are what they should be. A segment is looked at whole before anything is written: of
// whatever is not the usual (a cell of the table that takes more than the table, a bound that is crossed, a reset, a connection
// picked up in mid-stream) nothing is done here.

import { KINDS_AT, MAX_RETRANS, POSSIBLE_AT, TIMEOUTS_AT, TRANSITIONS_AT } from '../src/base/memory-map'
import {
  END, FLAGS, FLAG_BE_LIBERAL, FLAG_CLOSE_INIT, FLAG_DATA_UNACKNOWLEDGED, FLAG_MAXACK_SET, FLAG_SACK_PERM, FLAG_SIMULTANEOUS_OPEN,
  FLAG_WINDOW_SCALE, LAST_ACK as LAST_ACKED, LAST_END, LAST_SEQ, LAST_WIN, MAX_ACK, MAX_END, MAX_WIN, SIDE_WORDS, STATE,
} from '../src/protocols/tcp/fields'
import {
  ACK, CLOSE_WAIT, ESTABLISHED, FIN_WAIT, LAST_ACK, RETRANS, SYN, SYN_RECV, SYN_SENT, TIME_WAIT, UNACK,
} from '../src/protocols/tcp/states'
import { PRIVATE, STATUS } from '../src/table/layout'
import { IPS_ASSURED, IPS_SEEN_REPLY } from '../src/table/status'
import { refresh } from './table'
import { be16, be32, desk, setWord, word } from './words'

const REPLY: i32 = 1
const HEADER: i32 = 20
const BIT_FIN: i32 = 0x01
const BIT_SYN: i32 = 0x02
const BIT_ACK: i32 = 0x10
const MATTERS: i32 = 0x37 // FIN, SYN, RST, ACK, URG
const ACK_SLACK: i32 = 66_000
const MAX_SCALE: i32 = 14
const OPTION_END: i32 = 0
const OPTION_NOP: i32 = 1
const OPTION_SCALE: i32 = 3
const OPTION_SACK_PERM: i32 = 4
const OPTION_SACK: i32 = 5
const TIMESTAMP_ONLY: i32 = 0x0a080101 // NOP NOP timestamp(10), as a little-endian machine reads it

/** What the segment looked at last says. */
let seq: i32 = 0
let ack: i32 = 0
let end: i32 = 0
let win: i32 = 0
let flags: i32 = 0
let kind: i32 = 0
let headerLength: i32 = 0

/** Reads a segment of `room` bytes. @returns whether its header and flags are such that a stack sends */
@inline
export function readTcp(l4: usize, room: i32): bool {
  if (room < HEADER) return false
  headerLength = <i32>(load<u8>(l4, 12) >>> 4) << 2
  flags = <i32>load<u8>(l4, 13) & 63
  if (headerLength < HEADER || room < headerLength || load<u8>(POSSIBLE_AT + (flags & MATTERS)) == 0) return false
  seq = be32(l4 + 4)
  ack = be32(l4 + 8)
  win = be16(l4 + 14)
  kind = load<u8>(KINDS_AT + flags)
  end = seq + room - headerLength + (flags & BIT_FIN) + ((flags & BIT_SYN) >>> 1)
  return true
}

/** The segment read last is one that opens a connection: a SYN. */
@inline
export function opensTcp(): bool {
  return kind == SYN
}

/** Bytes of the option at `at`, `left` bytes before the header's end; 0 where there is none that can be read. */
function optionLength(at: usize, left: i32): i32 {
  if (left <= 0 || load<u8>(at) == OPTION_END) return 0
  if (load<u8>(at) == OPTION_NOP) return 1
  if (left < 2) return 0
  const size = <i32>load<u8>(at, 1)
  return size < 2 || size > left ? 0 : size
}

/** Window scale << 8 | FLAG_WINDOW_SCALE | FLAG_SACK_PERM, as far as the options at `at` say so. */
function synOptions(at: usize, left: i32): i32 {
  let scale = 0
  let found = 0
  for (let size = optionLength(at, left); size != 0; size = optionLength(at, left)) {
    const option = <i32>load<u8>(at)
    if (option == OPTION_SACK_PERM && size == 2) found |= FLAG_SACK_PERM
    else if (option == OPTION_SCALE && size == 3) {
      scale = min(<i32>load<u8>(at, 2), MAX_SCALE)
      found |= FLAG_WINDOW_SCALE
    }
    at += size
    left -= size
  }
  return (scale << 8) | found
}

/** The highest right edge of a SACK block in the options at `at`, or the ack where there is none above it. */
function highestSack(at: usize, left: i32): i32 {
  let sack = ack
  for (let size = optionLength(at, left); size != 0; size = optionLength(at, left)) {
    if (load<u8>(at) == OPTION_SACK && size >= 10 && (size - 2) % 8 == 0) {
      for (let block = at + 2; block < at + size; block += 8) {
        const edge = be32(block + 4)
        if (sack - edge < 0) sack = edge
      }
      break
    }
    at += size
    left -= size
  }
  return sack
}

/** How long the connection may stay silent, ticks. */
@inline
function timeoutOf(state: i32, retransmits: i32, sidesFlags: i32, lastWin: i32): i32 {
  const own = word(TIMEOUTS_AT, state)
  const retrans = word(TIMEOUTS_AT, RETRANS)
  const unack = word(TIMEOUTS_AT, UNACK)
  if (retransmits >= desk(MAX_RETRANS) && own > retrans) return retrans
  if (own > unack && (sidesFlags & FLAG_DATA_UNACKNOWLEDGED) != 0) return unack
  if (own > retrans && (lastWin & 0xffff) == 0) return retrans
  return own
}

/** A SYN opens a connection, whose record is all zero but for its tuples. @returns ticks that it may stay silent */
export function openTcp(record: usize, l4: usize): i32 {
  const g = record + (PRIVATE << 2)
  setWord(g, END, end)
  setWord(g, MAX_END, end)
  setWord(g, MAX_WIN, win == 0 ? 1 : win)
  if (headerLength > HEADER) setWord(g, FLAGS, synOptions(l4 + HEADER, headerLength - HEADER))
  setWord(g, SIDE_WORDS + MAX_END, win == 0 ? 1 : win)
  setWord(g, STATE, (SYN << 8) | SYN_SENT)
  return timeoutOf(SYN_SENT, 0, 0, 0)
}

/**
 * The segment read last, of a connection that is in the table.
 * @returns  false when it is not for the fast path; then nothing has changed
 */
@inline
export function tcp(record: usize, index: i32, dir: i32, l4: usize, length: i32, now: f64): bool {
  const g = record + (PRIVATE << 2)
  const before = word(g, STATE)
  const oldState = before & 255
  const newState = <i32>load<u8>(TRANSITIONS_AT + ((dir * 6 + kind) * 10 + oldState))
  const isPlain = newState == ESTABLISHED || newState == FIN_WAIT || newState == CLOSE_WAIT
  if (!isPlain && !isUsual(g, before, oldState, newState, dir)) return false

  const s = g + (<usize>dir * (SIDE_WORDS << 2))
  const r = g + ((SIDE_WORDS << 2) - <usize>dir * (SIDE_WORDS << 2))
  const isSyn = (flags & BIT_SYN) != 0
  let senderFlags = word(s, FLAGS)
  let receiverFlags = word(r, FLAGS)
  let ackOf = ack
  let sack = ack
  if (headerLength > HEADER && (receiverFlags & FLAG_SACK_PERM) != 0 && !(headerLength == 32 && load<i32>(l4, HEADER) == TIMESTAMP_ONLY)) {
    sack = highestSack(l4 + HEADER, headerLength - HEADER)
  }
  let senderEnd = word(s, END)
  let senderMaxEnd = word(s, MAX_END)
  let senderMaxWin = <u32>word(s, MAX_WIN)
  const receiverMaxWin = <u32>word(r, MAX_WIN)
  const receiverEnd = word(r, END)
  const begins = senderMaxWin == 0
  if (begins) {
    // The answer to the SYN, which says how the other side counts.
    if (!isSyn || (flags & BIT_ACK) == 0) return false
    senderEnd = senderMaxEnd = end
    senderMaxWin = win == 0 ? 1 : win
    if (headerLength > HEADER) {
      senderFlags = (senderFlags & FLAG_BE_LIBERAL) | synOptions(l4 + HEADER, headerLength - HEADER)
    }
    if (dir == REPLY && (senderFlags & receiverFlags & FLAG_WINDOW_SCALE) == 0) {
      senderFlags &= 255
      receiverFlags &= 255
    }
  } else if (isSyn) {
    if (senderEnd - end < 0) return false // starts anew
    if ((flags & BIT_ACK) == 0) ackOf = sack = receiverEnd
  }

  // The bounds of src/protocols/tcp/window.ts.
  if (
    seq - (senderMaxEnd + 1) >= 0 || (receiverMaxWin != 0 && (senderEnd - receiverMaxWin - 1) - end >= 0) ||
    sack - (receiverEnd + 1) >= 0 || (receiverEnd - max<u32>(senderMaxWin, ACK_SLACK) - 1) - sack >= 0
  ) return false

  // It fits.
  const window = isSyn ? win : win << (senderFlags >>> 8)
  const reach = <u32>(window + (sack - ackOf))
  setWord(s, MAX_WIN, max<u32>(senderMaxWin, reach))
  if (senderEnd - end < 0) {
    senderEnd = end
    senderFlags |= FLAG_DATA_UNACKNOWLEDGED
  }
  setWord(s, END, senderEnd)
  if (begins) setWord(s, MAX_END, senderMaxEnd)
  if ((flags & BIT_ACK) != 0) {
    if ((senderFlags & FLAG_MAXACK_SET) == 0 || word(s, MAX_ACK) - ackOf < 0) setWord(s, MAX_ACK, ackOf)
    senderFlags |= FLAG_MAXACK_SET
  }
  if (receiverMaxWin != 0 && senderMaxEnd - end < 0) setWord(r, MAX_WIN, receiverMaxWin + (end - senderMaxEnd))
  const edge = sack + window
  if ((word(r, MAX_END) - 1) - edge < 0) setWord(r, MAX_END, window == 0 ? edge + 1 : edge)
  if (ackOf == receiverEnd) receiverFlags &= ~FLAG_DATA_UNACKNOWLEDGED
  let retransmits = before >>> 24
  let lastWin = word(g, LAST_WIN)
  if (kind == ACK) {
    if (
      ((before >>> 16) & 255) == dir && word(g, LAST_SEQ) == seq && word(g, LAST_ACKED) == ackOf && word(g, LAST_END) == end &&
      (lastWin & 0xffff) == win
    ) retransmits = (retransmits + 1) & 255
    else {
      lastWin = (lastWin & ~0xffff) | win
      setWord(g, LAST_SEQ, seq)
      setWord(g, LAST_ACKED, ackOf)
      setWord(g, LAST_END, end)
      setWord(g, LAST_WIN, lastWin)
      retransmits = 0
    }
  }
  if (newState == FIN_WAIT && oldState != FIN_WAIT) senderFlags |= FLAG_CLOSE_INIT
  setWord(s, FLAGS, senderFlags)
  setWord(r, FLAGS, receiverFlags)
  setWord(g, STATE, (retransmits << 24) | (dir << 16) | (kind << 8) | newState)

  let timeout = timeoutOf(newState, retransmits, senderFlags | receiverFlags, lastWin)
  const status = word(record, STATUS)
  if ((status & IPS_SEEN_REPLY) == 0) {
    if (kind == SYN && oldState == SYN_SENT) return true // a repeated SYN does not keep the entry alive
    if (newState == ESTABLISHED) timeout = min(timeout, word(TIMEOUTS_AT, UNACK))
    if (dir == REPLY) setWord(record, STATUS, status | IPS_SEEN_REPLY)
  } else if ((status & IPS_ASSURED) == 0 && newState == ESTABLISHED && (oldState == SYN_RECV || oldState == ESTABLISHED)) {
    setWord(record, STATUS, status | IPS_ASSURED)
  }
  refresh(record, index, dir, length, now + <f64>timeout)
  return true
}

/** Is a cell of the table that sometimes takes more than the table of those times that do not? */
function isUsual(g: usize, before: i32, oldState: i32, newState: i32, dir: i32): bool {
  switch (newState) {
    case SYN_SENT: return oldState == SYN_SENT
    case SYN_RECV: return dir != REPLY || kind != ACK || ((word(g, LAST_WIN) >>> 24) & FLAG_SIMULTANEOUS_OPEN) == 0
    case TIME_WAIT: return oldState != LAST_ACK || kind != ACK || ((before >>> 8) & 255) != SYN
    case LAST_ACK: return true
    default: return false
  }
}
