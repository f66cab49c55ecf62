// What a maker of golden captures gives: packets and their times, and the knobs they are meant for.

const START_SEC = 1_700_000_000
const ETHERNET = 14 // bytes

/** A capture in the making: packets are added at a moment that moves on. */
export class Capture {
  /** Sysctls of the kernel that answers, as `name=value` with the whole name. */
  readonly sysctl: readonly string[]
  /** Helpers that the kernel attaches: none, or all. */
  readonly helpers: readonly string[]
  /** What is in it, one line for each thing that is tried, with the frames it takes. */
  readonly notes: string[] = []
  /** Record the table after each packet, not just after the last. */
  isEach = false
  /** Record the table after each quarter of the packets. */
  isQuarterly = false
  /** Record the table at these moments too, seconds after the last packet. */
  later: readonly number[] = []
  readonly #records: Uint8Array[] = []
  #ms = 0
  #frames = 0

  constructor(sysctl: readonly string[] = [], helpers: readonly string[] = []) {
    this.sysctl = sysctl
    this.helpers = helpers
  }

  /** Says what the next frames try. */
  note(text: string): this {
    this.notes.push(`${String(this.#frames + 1)}\t${text}`)
    return this
  }

  /** Lets time go by, milliseconds. */
  wait(ms: number): this {
    this.#ms += ms
    return this
  }

  /** Goes to a moment, milliseconds from the start. */
  goTo(ms: number): this {
    this.#ms = ms
    return this
  }

  /** Adds IP packets at this moment. */
  add(...packets: readonly Uint8Array[]): this {
    for (const packet of packets) this.addCut(packet, packet.length)
    return this
  }

  /**
   * Adds a packet of which the snap length left `captured` bytes.
   * @param padding  bytes behind it in the frame
   */
  addCut(packet: Uint8Array, captured: number, padding = 0): this {
    const record = new Uint8Array(16 + ETHERNET + Math.min(captured, packet.length + padding))
    const view = new DataView(record.buffer)
    view.setUint32(0, START_SEC + Math.floor(this.#ms / 1000), true)
    view.setUint32(4, (this.#ms % 1000) * 1000, true)
    view.setUint32(8, record.length - 16, true)
    view.setUint32(12, ETHERNET + packet.length + padding, true)
    record.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], 16)
    view.setUint16(28, packet[0]! >>> 4 === 6 ? 0x86dd : 0x0800)
    record.set(packet.subarray(0, captured), 16 + ETHERNET)
    this.#records.push(record)
    this.#frames++
    return this
  }

  /** As a pcap file of Ethernet frames. */
  toPcap(): Uint8Array {
    const header = new Uint8Array(24)
    const view = new DataView(header.buffer)
    view.setUint32(0, 0xa1b2c3d4, true)
    view.setUint16(4, 2, true)
    view.setUint16(6, 4, true)
    view.setUint32(16, 262_144, true)
    view.setUint32(20, 1, true)
    return Buffer.concat([header, ...this.#records])
  }
}
