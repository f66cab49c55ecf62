// Several captures as one, in order of time. A file is held open only from the time of its first frame to that of its last: of a
// set of files that one capture was split into, one or two at a time.

import { CaptureError } from '../base/errors.ts'
import type { FileSource } from './file-source.ts'
import { Frame, type FrameOrigin, type Source } from './frame.ts'

/** One of the captures. */
export class Member {
  /** Its place among captures that have a frame at the same time. */
  readonly place: number
  /** Its next frame; not while its last one is out. */
  readonly head = new Frame()
  readonly #open: () => FileSource
  #source: FileSource | null = null
  /** What its source said last, while it has none. */
  #position = 0
  #size = 0
  #drops: number | null = null

  /** @param open  called again for a capture that was set aside */
  constructor(place: number, open: () => FileSource) {
    this.place = place
    this.#open = open
  }

  get source(): FileSource | null {
    return this.#source
  }

  get position(): number {
    return this.#source?.position ?? this.#position
  }

  get size(): number {
    return this.#source?.size ?? this.#size
  }

  get drops(): number | null {
    return this.#source?.drops ?? this.#drops
  }

  /** @throws CaptureError */
  open(): FileSource {
    this.#source ??= this.#open()
    return this.#source
  }

  /** Reads up to the first frame, which is then in `head`. @returns false when there is none: what was wrong is in its source's damage */
  async start(): Promise<boolean> {
    const source = this.open()
    while (!source.next(this.head)) if (!await source.fill()) return false
    return true
  }

  /** Closes it until its time comes: then it is read from its start again. */
  setAside(): void {
    this.#size = this.size
    this.#source?.close()
    this.#source = null
  }

  /** Closes it for good. */
  finish(): void {
    this.#position = this.position
    this.#drops = this.drops
    this.setAside()
  }
}

export class MergedSource implements Source {
  readonly damage: CaptureError[] = []
  readonly #members: readonly Member[]
  /** Streams that have not begun. */
  #unstarted: Member[]
  /** Those with a frame in `head`, as a heap: the earliest comes first. Those without a source are still to be opened. */
  readonly #heap: Member[] = []
  /** The one whose frame is out. */
  #current: Member | null = null
  #number = 0

  /**
   * @param started    each with its first frame in `head`, with its source or set aside
   * @param unstarted  streams, which have their first frame when it comes
   * @param damage     what was wrong with others
   */
  constructor(started: readonly Member[], unstarted: readonly Member[], damage: readonly CaptureError[]) {
    this.#members = [...started, ...unstarted]
    this.#unstarted = [...unstarted]
    this.damage.push(...damage)
    for (const member of started) this.#insert(member)
  }

  get position(): number {
    return this.#members.reduce((sum, { position }) => sum + position, 0)
  }

  get size(): number {
    return this.#members.some(({ size }) => size === 0) ? 0 : this.#members.reduce((sum, { size }) => sum + size, 0)
  }

  get drops(): number | null {
    return this.#members.reduce<number | null>((sum, { drops }) => drops === null ? sum : (sum ?? 0) + drops, null)
  }

  next(frame: Frame): boolean {
    if (this.#unstarted.length > 0) return false
    const heap = this.#heap
    const current = this.#current
    if (current !== null) {
      if (!current.source!.next(frame)) return false
      if (heap.length === 0 || comesFirst(frame, current.place, heap[0]!)) {
        frame.number = ++this.#number
        return true
      }
      copyFrame(frame, current.head)
      this.#current = null
      this.#insert(current)
    }
    const first = heap[0]
    if (first === undefined || first.source === null) return false
    this.#removeFirst()
    this.#current = first
    copyFrame(first.head, frame)
    frame.number = ++this.#number
    return true
  }

  fill(): boolean | Promise<boolean> {
    const current = this.#current
    if (current === null || this.#unstarted.length > 0) return this.#start()
    const more = current.source!.fill()
    return typeof more === 'boolean' ? this.#filled(current, more) : more.then((some) => this.#filled(current, some))
  }

  origin(frame: Frame): FrameOrigin {
    return this.#current?.source?.origin(frame) ?? { path: '', offset: 0, interfaceName: null }
  }

  close(): void {
    for (const member of this.#members) member.finish()
    this.#heap.length = 0
    this.#current = null
  }

  #filled(member: Member, more: boolean): boolean {
    if (more || this.#current !== member) return more
    this.#finish(member)
    this.#current = null
    return this.#heap.length > 0
  }

  /** Opens the one whose time has come, and waits for the first frame of each stream. */
  async #start(): Promise<boolean> {
    const [first] = this.#heap
    if (first?.source === null) {
      this.#removeFirst()
      await this.#startOne(first)
    }
    await Promise.all(this.#unstarted.map((member) => this.#startOne(member)))
    this.#unstarted = []
    return this.#heap.length > 0
  }

  async #startOne(member: Member): Promise<void> {
    try {
      if (await member.start()) this.#insert(member)
      else this.#finish(member)
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      this.damage.push(error)
    }
  }

  #finish(member: Member): void {
    this.damage.push(...member.source!.damage)
    member.finish()
  }

  #insert(member: Member): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = at - 1 >>> 1
      if (!comesFirst(member.head, member.place, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = member
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && comesFirst(heap[child + 1]!.head, heap[child + 1]!.place, heap[child]!)) child++
      if (comesFirst(last.head, last.place, heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

/** Whether a frame of the capture at a place comes before the next one of another capture. */
function comesFirst(frame: Frame, place: number, { head, place: other }: Member): boolean {
  if (frame.sec !== head.sec) return frame.sec < head.sec
  if (frame.nsec !== head.nsec) return frame.nsec < head.nsec
  return place < other
}

function copyFrame(from: Frame, to: Frame): void {
  to.sec = from.sec
  to.nsec = from.nsec
  to.bytes = from.bytes
  to.view = from.view
  to.start = from.start
  to.end = from.end
  to.wireLen = from.wireLen
  to.linkType = from.linkType
  to.iface = from.iface
}
