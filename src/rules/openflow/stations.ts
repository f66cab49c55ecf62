// What NORMAL knows: behind which port a station is, learned from the frames it sends.

import type { Frame } from '../../capture/frame.ts'

const AGE = 300 // seconds a station is remembered; Open vSwitch's mac-aging-time
const MOST = 8192 // stations; Open vSwitch's mac-table-size

interface Station {
  port: number
  /** Seconds since the epoch. */
  heard: number
}

/** A station by its address and VLAN: both as numbers, since together they are more than one holds. */
export class Stations {
  readonly #byVlan = new Map<number, Map<number, Station>>()
  #count = 0

  learn(vlan: number, mac: number, port: number, { sec }: Frame): void {
    let stations = this.#byVlan.get(vlan)
    if (stations === undefined) this.#byVlan.set(vlan, stations = new Map<number, Station>())
    const known = stations.get(mac)
    if (known !== undefined) {
      known.port = port
      known.heard = sec
    } else {
      if (this.#count === MOST) this.#forgetAll()
      stations.set(mac, { port, heard: sec })
      this.#count++
    }
  }

  /** The port a station is behind; null where it is not known. */
  find(vlan: number, mac: number, { sec }: Frame): number | null {
    const known = this.#byVlan.get(vlan)?.get(mac)
    return known === undefined || sec - known.heard > AGE ? null : known.port
  }

  #forgetAll(): void {
    for (const stations of this.#byVlan.values()) stations.clear()
    this.#count = 0
  }
}
