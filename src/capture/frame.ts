// One captured frame, where it lies in the reader's buffer. There is one of these a source: it is re-aimed, not copied.

import type { CaptureError } from '../base/errors.ts'

/** A captured frame. Valid until the source's next `next()`. */
export class Frame {
  /** Counts frames of the capture, from 1, as Wireshark does. */
  number = 0
  /** Seconds since the epoch, and nanoseconds within the second: exactly as the file has them. */
  sec = 0
  nsec = 0
  /** The buffer that holds the frame, and a view over the whole of it. */
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  /** First captured byte, and the first behind the last. */
  start = 0
  end = 0
  /** Bytes the frame had on the wire; at least `end - start`. */
  wireLen = 0
  /** LINKTYPE_… as in https://www.tcpdump.org/linktypes.html */
  linkType = 0
  /** Interface within the capture, from 0 (pcapng has many, pcap one a file). */
  iface = 0

  /** Bytes from `at` to the end of the frame as it was on the wire. */
  wireLeft(at: number): number {
    return Math.max(this.wireLen, this.end - this.start) - (at - this.start)
  }
}

/** Where a frame came from: for messages and for people. Made on request only. */
export interface FrameOrigin {
  readonly path: string
  /** Bytes from the start of the file to the frame's record. */
  readonly offset: number
  /** The interface's name where the file has one. */
  readonly interfaceName: string | null
}

/** Takes frames out of the bytes of a capture by itself: the fast path. */
export interface FrameTaker {
  /** Where the bytes must lie that it is to read: a buffer of the source's, as much of it as it likes. */
  readonly room: Uint8Array<ArrayBuffer>
  /** Frames taken by the last call, where the record of the last one begins in `room`, and its time. */
  readonly taken: number
  readonly lastRecord: number
  readonly sec: number
  readonly nsec: number
  /**
   * Takes frames of Ethernet from little-endian records.
   * @param from      where the first record begins in `room`; `to` is behind the last byte there is
   * @param number    of the frame before
   * @param iface     the number of the interface that frames are to come from
   * @param perSec    what a time stamp counts within a second, from the epoch
   * @param blocksOf  the interface's number in its section of a pcapng; -1 for a classic pcap, whose records have headers of 16 bytes
   * @returns         where the first record begins that it leaves
   */
  take(from: number, to: number, number: number, iface: number, perSec: number, blocksOf: number): number
}

/**
 * A stream of frames. The loop over one is
 *
 *     do { while (source.next(frame)) engine.push(frame) } while (await source.fill())
 *
 * `next` never waits and never allocates; `fill` fetches more bytes, waiting where the source is slow. Neither throws:
 * what is damaged ends the stream (of several files, that file's part) and is told in `damage`, after every frame before
 * it has been given out.
 */
export interface Source {
  /** Aims `frame` at the next frame. False when `fill` is needed first. */
  next(frame: Frame): boolean
  /** Fetches more. False at the end of the capture. */
  fill(): Promise<boolean> | boolean
  /** Lets a taker take frames, as many as it likes, where the source holds what it can read. Else does nothing. */
  hand?(taker: FrameTaker): void
  /** What was wrong with the input so far, in the order met. */
  readonly damage: readonly CaptureError[]
  /** Where a frame that `next` just gave came from. */
  origin(frame: Frame): FrameOrigin
  /** Bytes of the input consumed so far, and its whole size where that is known (else 0): for progress. */
  readonly position: number
  readonly size: number
  /** Packets that whoever captured says were lost; null, or absent, where the input does not say. */
  readonly drops?: number | null
  close(): void
}
