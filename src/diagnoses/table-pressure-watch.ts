// How full the table was, and what was lost for want of room.

import type { Engine } from '../engine.ts'

const MOST_FRAMES = 12

export class TablePressure {
  /** The most entries that the table held, and the frame that made it so. */
  peak = 0
  peakFrame = 0
  /** Entries that were thrown out early, and packets dropped because nothing could be. */
  earlyDrops = 0
  refused = 0
  /** The first frames that met a full table. */
  readonly frames: number[] = []

  /** Looks at the table after a packet. */
  note({ table }: Engine, frame: number): void {
    const { stats, records } = table
    if (records.live > this.peak) {
      this.peak = records.live
      this.peakFrame = frame
    }
    if (stats.earlyDrop === this.earlyDrops && stats.tableFull === this.refused) return
    this.earlyDrops = stats.earlyDrop
    this.refused = stats.tableFull
    if (this.frames.length < MOST_FRAMES) this.frames.push(frame)
  }
}
