// Where a capture was taken, as far as it tells.

import { UsageError } from '../base/errors.ts'
import type { Service } from './service.ts'
import type { Flow, Side } from './flow.ts'

export const VANTAGES = ['lvs-director', 'real-server', 'client', 'router', 'bridge', 'host'] as const
export type VantageName = (typeof VANTAGES)[number]

/** How a director passes packets on. */
export type Forwarding = 'direct' | 'tunnel' | 'nat'

export interface Vantage {
  readonly name: VantageName
  readonly reason: string
  /** Of a director, and of a real server behind one. */
  readonly forwarding: Forwarding | null
  /** Services it is a director or real server of. */
  readonly services: readonly Service[]
}

const MOST = 0.8 // of the flows of a service
const MANY_SERVERS = 3
const FEW = 2 // half connections, of which one may be chance

/**
 * @param announced  addresses that VRRP spoke of
 * @throws           UsageError where the word is none
 */
export function decideVantage(
  services: readonly Service[], tcp: readonly Flow[], wanted: string, announced: ReadonlyMap<string, number>,
): Vantage {
  const found = look(services, tcp, announced)
  if (wanted === 'auto' || wanted === found.name) return found
  const name = VANTAGES.find((known) => known === wanted)
  if (name === undefined) throw new UsageError(`--vantage ${wanted}: write auto, ${VANTAGES.join(', ')}`)
  const half = name === 'lvs-director' ? services.filter((service) => service.answeredUnseen.length > 0) : []
  return { name, reason: 'as --vantage says', forwarding: half.length > 0 ? 'direct' : null, services: half }
}

function look(services: readonly Service[], tcp: readonly Flow[], announced: ReadonlyMap<string, number>): Vantage {
  const tunnel = services.filter(({ flows }) => share(flows, (flow) => flow.inner > 0 && flow.isClientOnly) >= MOST)
  if (tunnel.length > 0) return director('tunnel', tunnel, 'packets of clients leave again inside a tunnel, and no answer comes back '
    + 'this way')
  const inside = services.filter(({ flows }) => share(flows, (flow) => flow.inner > 0 && flow.client.packets === 0
    && flow.server.packets > 0) >= MOST)
  if (inside.length > 0) {
    return { name: 'real-server', forwarding: 'tunnel', services: inside,
      reason: 'clients\' packets come inside a tunnel, and the answers leave without one' }
  }
  const nat = services.filter((service) => share(service.flows, (flow) => flow.natTo !== null) >= MOST)
  if (nat.length > 0) return director('nat', nat, 'each connection is there twice, with the same sequence numbers and another server')
  const passed = services.filter((service) => service.answeredUnseen.length > 0 && share(service.half, (flow) => flow.copies > 0) >= MOST)
  if (passed.length > 0) {
    const servers = new Set(passed.map((service) => service.address))
    const next = new Set(passed.flatMap((service) => service.passedOn.map((flow) => flow.copyTo)))
    if (servers.size >= MANY_SERVERS && next.size <= 1) {
      return { name: 'router', forwarding: null, services: passed, reason: `${String(servers.size)} servers' one-sided flows go on to `
        + 'one station' }
    }
    return director('direct', passed, 'packets of clients leave again unchanged, and no answer comes back this way')
  }
  const real = services.filter(({ flows }) => share(flows, answersElsewhere) >= MOST)
  if (real.length > 0) {
    return { name: 'real-server', forwarding: 'direct', services: real,
      reason: 'clients\' packets come from one station, and the answers go to another' }
  }
  const client = services.filter(({ flows }) => share(flows, isAnsweredFromElsewhere) >= MOST)
  if (client.length > 0) {
    return { name: 'client', forwarding: null, services: client, reason: 'packets go to one station, and the answers come from another' }
  }
  const copied = tcp.filter((flow) => flow.copies > 0)
  if (copied.length > 0 && copied.every(isBridged)) {
    return { name: 'bridge', forwarding: null, services: [],
      reason: 'packets are there twice, between the same stations: on the way in and out of a bridge' }
  }
  if (copied.length > 0) {
    return { name: 'router', forwarding: null, services: [], reason: 'packets of both sides are there twice, on their way in and out' }
  }
  const half = services.filter((service) => service.answeredUnseen.length > 0 && share(service.flows, (flow) => flow.isClientOnly) >= MOST)
  const hasOthers = tcp.some((flow) => flow.isTwoSided) || half.some(({ address }) => announced.has(address))
  const isSome = half.some(({ answeredUnseen }) => answeredUnseen.length >= FEW)
  if (hasOthers && isSome && !tcp.some((flow) => flow.isServerOnly) && new Set(half.map(({ address }) => address)).size < MANY_SERVERS) {
    return director('direct', half, 'these services alone are never heard to answer, though somebody answers: their clients go on')
  }
  if (half.length > 0) return plain('host', 'clients go on without an answer in this capture, but what hides the answers cannot be told')
  return endOf(tcp) ?? plain('host', 'nothing points to a load balancer, a router or a bridge')
}

const plain = (name: VantageName, reason: string): Vantage => ({ name, reason, forwarding: null, services: [] })

/** Which end of connections this is, by the hops that each side's packets have lost; null where they do not agree. */
function endOf(tcp: readonly Flow[]): Vantage | null {
  const hasLost = ({ ttl }: Side): boolean => !FRESH.has(ttl)
  const flows = tcp.filter(({ isTwoSided, client, server }) => isTwoSided && hasLost(client) !== hasLost(server))
  if (flows.length === 0) return null
  if (flows.every(({ server }) => hasLost(server))) return plain('client', 'clients\' packets have lost no hop yet, and servers\' have')
  if (flows.some(({ server }) => hasLost(server))) return null
  return plain('real-server', 'servers\' packets have lost no hop yet, and clients\' have; nothing tells of a balancer before them')
}

function director(forwarding: Forwarding, services: readonly Service[], reason: string): Vantage {
  return { name: 'lvs-director', forwarding, services, reason }
}

/** Its copies went between the stations that the packets went between, with as many hops left. */
function isBridged({ client, server, copyFrom, copyTo, copyTtl }: Flow): boolean {
  return [client, server].some(({ from, to, ttl }) => copyFrom !== 0 && copyFrom === from && copyTo === to && copyTtl === ttl)
}

/** Hops left in packets that no router has passed on. */
const FRESH: ReadonlySet<number> = new Set([64, 128, 255])

/** Seen at the server: its answers do not go back to the station that the questions, which have lost a hop there, come from. */
function answersElsewhere({ client, server }: Flow): boolean {
  return isKnown(client.from, client.to, server.from, server.to) && client.to === server.from && client.from !== server.to
    && FRESH.has(server.ttl) && !FRESH.has(client.ttl) && !isVirtualRouter(server.to)
}

/** Seen at the client: its answers do not come from the station that the questions go to. */
function isAnsweredFromElsewhere({ client, server }: Flow): boolean {
  return isKnown(client.from, client.to, server.from, server.to) && client.from === server.to && client.to !== server.from
    && FRESH.has(client.ttl) && !isVirtualRouter(client.to)
}

/** Routers that share an address are asked at a station that they never send from: VRRP's, HSRP's, GLBP's. */
function isVirtualRouter(station: number): boolean {
  const vendor = Math.floor(station / 256)
  return vendor === 0x00005e0001 || vendor === 0x00005e0002 || vendor === 0x00000c07ac || Math.floor(station / 4096) === 0x00000c9ff
    || Math.floor(station / 65536) === 0x0007b400
}

const isKnown = (...stations: readonly number[]): boolean => stations.every((station) => station !== 0)

function share(flows: readonly Flow[], test: (flow: Flow) => boolean): number {
  return flows.length === 0 ? 0 : flows.filter(test).length / flows.length
}
