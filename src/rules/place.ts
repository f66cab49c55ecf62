// Where a packet goes, seen from the machine whose rules are asked: through it, to it, or from it; and by which interfaces.

import { UsageError } from '../base/errors.ts'
import type { Frame } from '../capture/frame.ts'
import type { Facts } from './facts.ts'
import { readMac, readNetwork, RuleProblem } from './iptables/values.ts'
import type { Interfaces } from './interfaces.ts'

export const FORWARDED = 0
export const INCOMING = 1
export const OUTGOING = 2
/** From the machine to itself: out, and in again. */
export const LOOPED = 3

/** What is known of the machine, as the command line takes it. */
export interface PlaceOptions {
  /** The machine's own addresses, or networks of them; `192.0.2.1=eth0` tells the address of an interface. */
  readonly local?: readonly string[]
  /** `eth0=02:00:00:00:00:01`: the station is behind this interface; `eth0` alone: the capture was taken there. */
  readonly ifaces?: readonly string[]
  /** `10.0.0.0/8=eth1`: addresses that are behind this interface. */
  readonly routes?: readonly string[]
  /** The packets cross a bridge of this name, and its rules are asked (bridge-nf-call-iptables). Interfaces are its ports. */
  readonly bridge?: string
}

interface Network {
  readonly words: readonly number[]
  readonly masks: readonly number[]
  readonly isIpv6: boolean
  /** Number of the interface; 0 where none is told. */
  readonly iface: number
}

const LINK_ETHERNET = 1
const LINK_COOKED = 113
const LINK_COOKED2 = 276
const LINK_PPPD = 166
const LINK_PPP_DIRECTION = 204
const MAC_BYTES = 6
const COOKED_OUTGOING = 4
const COOKED_OTHERHOST = 3
const UNKNOWN = -1

export class Place {
  readonly #interfaces: Interfaces
  readonly #local: readonly Network[]
  readonly #routes: readonly Network[]
  readonly #stations = new Map<number, number>()
  readonly #bridge: number
  readonly #loopback: number
  #captured = 0
  /** Where the packet placed last goes. */
  way = FORWARDED
  /** Its interfaces, 0 where nothing tells. */
  inIface = 0
  outIface = 0

  /** @throws UsageError */
  constructor(options: PlaceOptions, interfaces: Interfaces) {
    this.#interfaces = interfaces
    this.#local = (options.local ?? []).map((text) => readHint('--local', text, () => {
      const [prefix = '', name = ''] = text.split('=')
      return network(prefix, name === '' ? 0 : interfaces.numberOf(name))
    }))
    this.#routes = (options.routes ?? []).map((text) => readHint('--route', text, () => {
      const [prefix = '', name = ''] = text.split('=')
      if (name === '') throw new RuleProblem('write NETWORK=INTERFACE')
      return network(prefix, interfaces.numberOf(name))
    })).sort((a, b) => prefixLength(b) - prefixLength(a))
    for (const text of options.ifaces ?? []) readHint('--iface', text, () => { this.#addInterface(text) })
    this.#loopback = interfaces.numberOf('lo')
    this.#bridge = options.bridge === undefined ? 0 : interfaces.numberOf(options.bridge)
  }

  #addInterface(text: string): void {
    const [name = '', mac] = text.split('=')
    const number = this.#interfaces.numberOf(name)
    if (mac === undefined) this.#captured = number
    else this.#stations.set(readMac(mac).reduce((all, octet) => all * 256 + octet, 0), number)
  }

  /** The packets cross a bridge. */
  get isBridge(): boolean { return this.#bridge !== 0 }

  /** Nothing was said of the machine's own addresses. */
  get isGuess(): boolean { return this.#local.length === 0 && !this.isBridge }

  /**
   * The address that the machine takes for its own on an interface: the first told for it, else the first told.
   * @param iface  its number, 0 where it is not known
   * @returns      four words; null where no single address is told
   */
  ownAddress(iface: number, isIpv6: boolean): readonly number[] | null {
    const own = this.#local.filter((one) => one.isIpv6 === isIpv6 && one.masks.slice(0, isIpv6 ? 4 : 1).every((mask) => mask === -1))
    const found = own.find((one) => iface !== 0 && one.iface === iface) ?? own.find((one) => one.iface === 0) ?? own[0]
    return found === undefined ? null : found.words.map((word) => word >>> 0)
  }

  /** Says where a packet goes, and sets its interfaces in `facts` and here. @returns FORWARDED, INCOMING, OUTGOING or LOOPED */
  of(frame: Frame, facts: Facts): number {
    this.way = this.#bridge !== 0 ? this.#bridged(frame, facts) : this.#placed(frame, facts)
    return this.way
  }

  #placed(frame: Frame, facts: Facts): number {
    const way = this.#way(frame, facts)
    this.inIface = this.#stationOf(frame, MAC_BYTES) || this.#routeOf(facts, true)
    this.outIface = this.#stationOf(frame, 0) || this.#routeOf(facts, false)
    if (way === INCOMING) {
      this.inIface ||= this.#captured
      this.outIface = 0
    } else if (way === OUTGOING || way === LOOPED) {
      this.inIface = 0
      this.outIface = way === LOOPED ? this.#loopback : this.outIface || this.#captured
    }
    return way
  }

  /** Says where the packet goes now that its destination has been translated. @returns as `of` */
  again(facts: Facts): number {
    if (this.#bridge !== 0) return this.way
    const isOwn = this.isLocal(facts, false)
    const isSent = this.way === OUTGOING || this.way === LOOPED
    this.outIface = isOwn ? (isSent ? this.#loopback : 0) : this.#routeOf(facts, false) || (isSent ? this.#captured : 0)
    this.way = isSent ? (isOwn ? LOOPED : OUTGOING) : isOwn ? INCOMING : FORWARDED
    return this.way
  }

  #bridged(frame: Frame, facts: Facts): number {
    this.inIface = this.outIface = this.#bridge
    facts.isBridged = true
    facts.physIn = this.#stationOf(frame, MAC_BYTES)
    facts.physOut = this.#stationOf(frame, 0)
    return FORWARDED
  }

  #way(frame: Frame, facts: Facts): number {
    if (this.#local.length > 0) {
      const isFrom = this.isLocal(facts, true)
      const isTo = this.isLocal(facts, false) || isGroup(facts)
      if (isFrom) return isTo && !isGroup(facts) ? LOOPED : OUTGOING
      return isTo ? INCOMING : FORWARDED
    }
    const isSent = this.#isSent(frame)
    return isSent === UNKNOWN ? FORWARDED : isSent === 1 ? OUTGOING : INCOMING
  }

  /** What the link says: 1 the machine sent it, 0 it was sent to the machine, UNKNOWN where it does not say. */
  #isSent(frame: Frame): number {
    const { start, end, view } = frame
    switch (frame.linkType) {
      case LINK_COOKED: return end - start < 2 ? UNKNOWN : sentOf(view.getUint16(start))
      case LINK_COOKED2: return end - start < 11 ? UNKNOWN : sentOf(view.getUint8(start + 10))
      case LINK_PPPD: case LINK_PPP_DIRECTION: return end > start && view.getUint8(start) !== 0 ? 1 : 0
      default: return UNKNOWN
    }
  }

  /** Is one end of a packet an address of the machine's own? */
  isLocal(facts: Facts, isSource: boolean): boolean {
    for (const one of this.#local) if (isWithin(one, facts, isSource)) return true
    return this.#local.length > 0 && isLoopback(facts, isSource)
  }

  /** The interface of the station at an offset of an Ethernet header: 0 for the destination, 6 for the source. */
  #stationOf({ linkType, start, end, view }: Frame, offset: number): number {
    if (this.#stations.size === 0 || linkType !== LINK_ETHERNET || end - start < 2 * MAC_BYTES) return 0
    const at = start + offset
    return this.#stations.get(view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2)) ?? 0
  }

  #routeOf(facts: Facts, isSource: boolean): number {
    for (const route of this.#routes) if (isWithin(route, facts, isSource)) return route.iface
    return 0
  }
}

function sentOf(packetType: number): number {
  return packetType === COOKED_OUTGOING ? 1 : packetType === COOKED_OTHERHOST ? UNKNOWN : 0
}

/** To several at once: multicast, or everyone on the link. */
function isGroup({ isIpv6, destination0 }: Facts): boolean {
  return isIpv6 ? destination0 >>> 24 === 0xff : destination0 >>> 28 === 0xe || destination0 === -1
}

function isLoopback(facts: Facts, isSource: boolean): boolean {
  const first = isSource ? facts.source0 : facts.destination0
  if (!facts.isIpv6) return first >>> 24 === 127
  return first === 0 && (isSource ? (facts.source1 | facts.source2) === 0 && facts.source3 === 1
    : (facts.destination1 | facts.destination2) === 0 && facts.destination3 === 1)
}

function isWithin({ words, masks, isIpv6 }: Network, facts: Facts, isSource: boolean): boolean {
  if (isIpv6 !== facts.isIpv6) return false
  if (((isSource ? facts.source0 : facts.destination0) & masks[0]!) !== words[0]) return false
  return !isIpv6 || (((isSource ? facts.source1 : facts.destination1) & masks[1]!) === words[1] &&
    ((isSource ? facts.source2 : facts.destination2) & masks[2]!) === words[2] &&
    ((isSource ? facts.source3 : facts.destination3) & masks[3]!) === words[3])
}

function network(text: string, iface: number): Network {
  const isIpv6 = text.includes(':')
  const { words, masks } = readNetwork(text, isIpv6)
  return { words: words.map((word, i) => (word & masks[i]!) | 0), masks: masks.map((mask) => mask | 0), isIpv6, iface }
}

const prefixLength = ({ masks }: Network): number => masks.reduce((bits, mask) => bits + Math.clz32(~mask), 0)

function readHint<Hint>(option: string, text: string, read: () => Hint): Hint {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error
    throw new UsageError(`${option} ${text}: ${error.message}`)
  }
}
