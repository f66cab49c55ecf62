// What a file format does: makes frames of the bytes in a window.

import type { CaptureErrorCode } from '../base/errors.ts'
import type { FrameTaker } from './frame.ts'
import type { Frame } from './frame.ts'

export interface Decoder {
  /** Aims `frame` at the next frame. False when the window must be filled first, or when it has failed. Never allocates. */
  next(frame: Frame): boolean
  /** Lets a taker take frames, where it can read the format. */
  hand?(taker: FrameTaker): void
  /** It goes no further: what comes cannot be read. What is wrong has been reported. */
  readonly failed: boolean
  /** Reports what is missing, if anything, where the input ends here. */
  finish(): void
  /** Where the record of the last frame lies, bytes from the start of the input. */
  readonly recordOffset: number
  /** Name of the interface that the last frame was captured on, null where the file has none. */
  readonly interfaceName: string | null
  /** Packets that whoever captured says were lost, null where the file does not say. */
  readonly drops: number | null
}

/** Told of damage: where it is, in bytes from the start of the input, and in words. */
export type Report = (code: CaptureErrorCode, offset: number, detail: string) => void

/** Gives numbers to interfaces, so that each one of a capture has its own however many files it comes from. */
export interface Numbering {
  next: number
}

/** Epoch seconds that a frame may have: what a 64-bit count of nanoseconds reaches, to the year 2554. */
export const LAST_SECOND = 18_446_744_073

/** What to do about a file that ends too early. */
export const CUT = 'it was copied while still being written, the disk was full, or the transfer broke off; copy or capture it again'
