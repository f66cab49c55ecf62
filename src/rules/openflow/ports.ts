// The ports of a switch: their numbers and names, and by which of them a frame comes in.

import { UsageError } from '../../base/errors.ts'
import type { Frame } from '../../capture/frame.ts'
import { readMac, RuleProblem } from '../iptables/values.ts'

/** Numbers that stand for no port of their own. Source: ovs-ofctl(8), OpenFlow 1.0's numbers. */
export const PORT_IN = 0xfff8
export const PORT_TABLE = 0xfff9
export const PORT_NORMAL = 0xfffa
export const PORT_FLOOD = 0xfffb
export const PORT_ALL = 0xfffc
export const PORT_CONTROLLER = 0xfffd
export const PORT_LOCAL = 0xfffe
export const PORT_NONE = 0xffff

const RESERVED: Readonly<Record<string, number>> = {
  in_port: PORT_IN, table: PORT_TABLE, normal: PORT_NORMAL, flood: PORT_FLOOD, all: PORT_ALL, controller: PORT_CONTROLLER,
  local: PORT_LOCAL, none: PORT_NONE, any: PORT_NONE,
}
const MOST = 0xfeff // largest number of a port
const FIRST_NAMED = 0xf000 // ports that only a name is known of are counted from here
const LINK_ETHERNET = 1
const MAC_BYTES = 6
const MAC = /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i

const macNumber = (octets: readonly number[]): number => octets.reduce((all, octet) => all * 256 + octet, 0)

export class Ports {
  readonly #numbers = new Map<string, number>()
  readonly #names = new Map<number, string>()
  /** By station, and by the name of the capture's interface. */
  readonly #stations = new Map<number, number>()
  readonly #interfaces = new Map<string, number>()
  #other = PORT_NONE
  #nextNamed = FIRST_NAMED
  /** Ports that flows or hints speak of. */
  readonly known = new Set<number>()
  /** The name of the interface that captured a frame, where the file has one. */
  interfaceOf: (frame: Frame) => string | null = () => null

  /**
   * @param hints  `1=02:00:00:00:00:01` a station behind port 1, `2=eth1` frames that eth1 captured come in by port 2, `tap0=5` tap0
   *               is port 5, `2` all other frames come in by port 2; a port may be named in place of its number
   * @throws       UsageError
   */
  constructor(hints: readonly string[] = []) {
    // Names first: other hints may use them.
    const isName = (hint: string): boolean => /^[^=]*[^=\d][^=]*=\d+$/.test(hint)
    for (const hint of hints.filter(isName)) {
      const [name = '', number = ''] = hint.split('=')
      if (Number(number) > MOST) throw new UsageError(`--port ${hint}: ports have numbers up to ${String(MOST)}`)
      this.#name(name, Number(number))
    }
    for (const hint of hints.filter((one) => !isName(one))) this.#addHint(hint)
  }

  #addHint(hint: string): void {
    const at = hint.indexOf('=')
    const port = this.#readHint(hint, at < 0 ? hint : hint.slice(0, at))
    if (at < 0) this.#other = port
    else if (MAC.test(hint.slice(at + 1))) this.#stations.set(macNumber(readMac(hint.slice(at + 1))), port)
    else if (hint.length > at + 1) this.#interfaces.set(hint.slice(at + 1), port)
    else throw new UsageError(`--port ${hint}: write PORT=STATION, PORT=INTERFACE, NAME=NUMBER or PORT`)
  }

  #readHint(hint: string, text: string): number {
    try {
      return this.read(text)
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error
      throw new UsageError(`--port ${hint}: ${error.message}`)
    }
  }

  #name(name: string, number: number): void {
    this.#numbers.set(name, number)
    this.#names.set(number, name)
    this.known.add(number)
  }

  /** A port by number or name; a name that nothing has given a number gets one. @throws RuleProblem */
  read(text: string): number {
    const name = text.replace(/^"(.*)"$/, '$1')
    if (/^(0x[0-9a-f]+|\d+)$/i.test(name)) {
      const number = Number(name)
      if (number > PORT_NONE) throw new RuleProblem(`"${text}" is no number of a port`)
      if (number <= MOST) this.known.add(number)
      return number
    }
    const reserved = RESERVED[name.toLowerCase()]
    if (reserved !== undefined) return reserved
    if (!/^[\w.:@-]{1,64}$/.test(name)) throw new RuleProblem(`"${text}" is no port`)
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    if (this.#nextNamed > MOST) throw new RuleProblem('too many ports without a number')
    this.#name(name, this.#nextNamed)
    return this.#nextNamed++
  }

  /** A port's name, or its number where it has none. */
  textOf(port: number): string {
    const name = this.#names.get(port)
    if (name !== undefined) return name
    const reserved = Object.entries(RESERVED).find(([, number]) => number === port)
    return reserved === undefined ? String(port) : reserved[0].toUpperCase()
  }

  /** Notes behind which port a station is, by its address as a number. What was said before stands. */
  learn(station: number, port: number): void {
    if (!this.#stations.has(station)) this.#stations.set(station, port)
  }

  /** By which port a frame comes in; PORT_NONE where nothing tells. */
  of(frame: Frame): number {
    if (this.#stations.size > 0 && frame.linkType === LINK_ETHERNET && frame.end - frame.start >= 2 * MAC_BYTES) {
      const at = frame.start + MAC_BYTES
      const port = this.#stations.get(frame.view.getUint16(at) * 2 ** 32 + frame.view.getUint32(at + 2))
      if (port !== undefined) return port
    }
    if (this.#interfaces.size > 0) {
      const name = this.interfaceOf(frame)
      const port = name === null ? undefined : this.#interfaces.get(name)
      if (port !== undefined) return port
    }
    return this.#other
  }
}
