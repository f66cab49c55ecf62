// One flow as the wire showed it, whatever the connection tracker made of it: what each side said, and how its frames travelled.

import { formatIpv4, formatIpv6Short } from '../base/address.ts'
import { seqAfter, seqBefore, seqDiff } from '../base/seq.ts'
import { IPPROTO_TCP } from '../base/units.ts'
import type { Segment } from '../protocols/tcp/segment.ts'
import { ACK } from '../protocols/tcp/states.ts'
import { INPUT, INPUT_ONLY, IpvsConnection, OUTPUT } from './ipvs.ts'

/** What one side sent. Times in milliseconds of the evidence's clock, -1 for never; frames are numbers, 0 for none. */
export class Side {
  packets = 0
  /** Bytes of payload. */
  bytes = 0
  syns = 0
  synAcks = 0
  fins = 0
  rsts = 0
  /** ACKs and data: neither SYN, FIN nor RST. */
  acks = 0
  /** INVALID to the tracker. */
  invalid = 0
  /** ESTABLISHED to the tracker. */
  established = 0
  firstMs = -1
  lastMs = -1
  firstFrame = 0
  lastFrame = 0
  synFrame = 0
  firstSynMs = 0
  lastSynMs = 0
  ackFrame = 0
  invalidFrame = 0
  /** Packets of it since the other side's last. */
  unanswered = 0
  /** Bytes of payload of its first packet. */
  firstBytes = 0
  /** The last timestamp that it echoed while the other side had not been heard, and how often that one moved on. */
  tsecr = 0
  tsecrMoves = 0
  rstFrame = 0
  rstHasAck = false
  /** Silence before the RST, milliseconds. */
  rstGap = 0
  ttl = 0
  rstTtl = 0
  /** Stations of its frames, as numbers; 0 for unknown. */
  from = 0
  to = 0
  rstFrom = 0
  /** 1: left the machine that captured, 0: came to it, -1: unknown. */
  outgoing = -1
  // Sequence numbers.
  isn = 0
  rstSeq = 0
  firstAck = 0
  maxAck = 0
  hasAck = false
  end = 0
  hasEnd = false
  /** 1 once it has sent a segment that acknowledges and is neither SYN, FIN nor RST: most of the others are like it. */
  steady = 0
  /** Bytes of it that this capture lacks, and no later frame brought. */
  missing = 0
}

/** A flow between who began it and who was asked. */
export class Flow {
  /** Which of all flows it is, from 1. */
  readonly number: number
  readonly protocol: number
  readonly isIpv4: boolean
  readonly clientWords: readonly number[]
  readonly serverWords: readonly number[]
  readonly clientPort: number
  readonly serverPort: number
  readonly client = new Side()
  readonly server = new Side()
  /** Client packets seen again on their way on: how many, where to, how many hops less, and the first such pair of frames. */
  copies = 0
  copyTo = 0
  copyFrom = 0
  copyHops = 0
  copyTtl = 0
  copyOf = 0
  copyFrame = 0
  /** Of the copies, those whose first copy was INVALID. */
  invalidCopies = 0
  /** Client packets inside a tunnel: how many, between whom, the first frame. */
  inner = 0
  outerFrom = ''
  outerTo = ''
  innerFrame = 0
  /** SYNs inside a tunnel: how many, and when the first and the last came. */
  innerSyns = 0
  innerSynMs = 0
  lastInnerSynMs = 0
  /** The flow that this one is behind an address translation, and the other way about. */
  natOf: Flow | null = null
  natTo: Flow | null = null
  /** ICMP errors that call its other end unreachable, and the code and frame of the first of them. */
  unreachable = 0
  unreachableCode = 0
  unreachableFrame = 0
  /** When either side sent last; -1 for never. */
  lastMs = -1
  /** Longest silence, milliseconds, and the frame that ended it, which is no SYN. */
  longestGap = 0
  longestGapFrame = 0
  /** What IPVS would hold if it heard the client only, and if it heard both. */
  readonly ipvsDirect = new IpvsConnection()
  readonly ipvsNat = new IpvsConnection()
  lastInvalidFrame = 0
  /** As text, once somebody has asked. */
  #clientAddress: string | null = null
  #serverAddress: string | null = null

  constructor(
    protocol: number, isIpv4: boolean, clientWords: readonly number[], serverWords: readonly number[], clientPort: number,
    serverPort: number, number: number,
  ) {
    this.number = number
    this.protocol = protocol
    this.isIpv4 = isIpv4
    this.clientWords = clientWords
    this.serverWords = serverWords
    this.clientPort = clientPort
    this.serverPort = serverPort
  }

  get clientAddress(): string { return this.#clientAddress ??= textOf(this.clientWords, this.isIpv4) }
  get serverAddress(): string { return this.#serverAddress ??= textOf(this.serverWords, this.isIpv4) }
  get isTcp(): boolean { return this.protocol === IPPROTO_TCP }
  /** `203.0.113.7:40000`, `[2001:db8::1]:80` */
  get clientText(): string { return endText(this.clientAddress, this.clientPort) }
  get serverText(): string { return endText(this.serverAddress, this.serverPort) }
  get isClientOnly(): boolean { return this.client.packets > 0 && this.server.packets === 0 }
  get isServerOnly(): boolean { return this.client.packets === 0 && this.server.packets > 0 && this.inner === 0 }
  get isTwoSided(): boolean { return this.client.packets > 0 && this.server.packets > 0 }
  get firstMs(): number {
    return Math.min(...[this.client.firstMs, this.server.firstMs].filter((ms) => ms >= 0))
  }

  /** After its SYN the client went on though no answer was captured: somebody answered on a path unseen. */
  get isAnsweredUnseen(): boolean {
    const { client } = this
    return this.isClientOnly && ((client.syns > 0 && client.acks > 0) || this.progress > 0 || client.tsecrMoves > 0)
  }

  /** Bytes that the client acknowledges and this capture never carried. */
  get progress(): number {
    const { client } = this
    return this.server.packets > 0 || !client.hasAck ? 0 : Math.max(0, seqDiff(client.maxAck, client.firstAck))
  }
}

const MOST_MISSING = 1 << 24 // bytes that one hole may have: beyond that, the number is another connection's, or forged

/** Takes the numbers of a segment of this side. `other` is who it speaks to. */
export function noteSegment(side: Side, other: Side, seq: number, ack: number, flags: number, payload: number): void {
  const isSyn = (flags & 0x02) !== 0
  const end = (seq + payload + (isSyn ? 1 : 0) + (flags & 0x01)) | 0
  if ((flags & 0x04) !== 0) return
  if (!side.hasEnd) {
    side.hasEnd = true
    side.end = end
  } else if (seqAfter(seq, side.end)) { // beyond what was seen: a hole
    if (seqDiff(seq, side.end) <= MOST_MISSING) side.missing += seqDiff(seq, side.end)
    side.end = end
  } else {
    if (seqBefore(seq, side.end) && payload > 0) side.missing = Math.max(0, side.missing - payload)
    if (seqAfter(end, side.end)) side.end = end
  }
  if ((flags & 0x10) === 0) return
  if (!side.hasAck) {
    side.hasAck = true
    side.firstAck = ack
    side.maxAck = ack
  } else if (seqAfter(ack, side.maxAck)) side.maxAck = ack
  // What is acknowledged and was not seen is a hole too.
  if (other.hasEnd && seqAfter(ack, other.end) && !isSyn) {
    if (seqDiff(ack, other.end) <= MOST_MISSING) other.missing += seqDiff(ack, other.end)
    other.end = ack
  }
}

/**
 * Takes a segment that goes on where this side's last one ended, and acknowledges what was seen, in a flow that is under way: most of
 * them. To the tracker it is ESTABLISHED.
 * @returns  false, and nothing has changed, when it is another one
 */
export function noteSteady(flow: Flow, isClient: boolean, segment: Segment, ms: number, frame: number): boolean {
  const side = isClient ? flow.client : flow.server
  const other = isClient ? flow.server : flow.client
  const { seq, end, ack, kind } = segment
  if (
    kind !== ACK || (side.steady & other.steady) === 0 || seq !== side.end || seqAfter(ack, other.end) || ms - flow.lastMs > flow.longestGap
  ) return false
  side.packets++
  side.acks++
  side.established++
  side.unanswered++
  other.unanswered = 0
  if (end !== seq) {
    side.bytes += seqDiff(end, seq)
    side.end = end
  }
  if (seqAfter(ack, side.maxAck)) side.maxAck = ack
  flow.lastMs = side.lastMs = ms
  side.lastFrame = frame
  if (isClient) flow.ipvsDirect.passAck(INPUT_ONLY, ms)
  flow.ipvsNat.passAck(isClient ? INPUT : OUTPUT, ms)
  return true
}

/** Takes the timestamp that a segment of this side echoes; 0 for none. */
export function noteEcho(side: Side, tsecr: number): void {
  if (tsecr === 0 || tsecr === side.tsecr) return
  if (side.tsecr !== 0) side.tsecrMoves++
  side.tsecr = tsecr
}

/** Takes what a segment of this side is: a RST, a SYN or its answer, a FIN, or none of these. `gap`: silence before it, ms. */
export function noteFlags(side: Side, flags: number, seq: number, ms: number, frame: number, gap: number): void {
  if ((flags & 0x04) !== 0) {
    if (side.rsts++ === 0) {
      side.rstFrame = frame
      side.rstSeq = seq
      side.rstHasAck = (flags & 0x10) !== 0
      side.rstGap = gap
    }
  } else if ((flags & 0x02) !== 0) {
    if ((flags & 0x10) !== 0) {
      side.synAcks++
      if (side.synFrame === 0) side.synFrame = frame
      side.isn = seq
      return
    }
    if (side.syns++ === 0) {
      side.synFrame = frame
      side.firstSynMs = ms
      side.isn = seq
    }
    side.lastSynMs = ms
  } else if ((flags & 0x01) !== 0) side.fins++
  else {
    if (side.acks++ === 0) side.ackFrame = frame
    if (side.hasAck) side.steady = 1
  }
}

function textOf(words: readonly number[], isIpv4: boolean): string {
  const [a = 0, b = 0, c = 0, d = 0] = words
  return isIpv4 ? formatIpv4(a) : formatIpv6Short(a, b, c, d)
}

export function endText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`
}
