// Two kinds of wrong: a bad packet is data (a reason code, base/reasons.ts); these are for what a person must fix.

export type CaptureErrorCode =
  'NOT_FOUND' | 'UNREADABLE' | 'EMPTY' | 'BAD_MAGIC' | 'TRUNCATED' | 'BAD_BLOCK' | 'UNSUPPORTED_LINKTYPE' | 'BAD_COMPRESSION'

/** A capture that cannot be read further. Thrown while opening and between packets, never per packet. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError'
  readonly code: CaptureErrorCode
  readonly path: string
  /** Bytes from the start of the file (of the decompressed content where it is compressed). */
  readonly offset: number

  constructor(code: CaptureErrorCode, path: string, offset: number, detail: string, options?: ErrorOptions) {
    super(`${path}: ${detail} (${code} at byte ${String(offset)})`, options)
    this.code = code
    this.path = path
    this.offset = offset
  }
}

/** Something the caller asked for that cannot be: an unknown knob, a bad instant, an impossible option. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Live capture could not start or ended early. `remedy` says what to do about it. */
export class LiveError extends Error {
  override readonly name = 'LiveError'
  readonly remedy: string

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options)
    this.remedy = remedy
  }
}
