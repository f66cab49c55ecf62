// What a rule asks conntrack: `ct state`, `ct original ip saddr`, `ct mark`.
// Kernel: nft_ct_get_eval() (v6.12). All but the state need a connection.

import { ORIGINAL, REPLY } from '../../base/verdict.ts'
import { type Facts, KIND_STATE, STATE_ESTABLISHED, STATE_INVALID, STATE_NEW, STATE_RELATED } from '../facts.ts'
import { masterHelper } from '../helper-of.ts'
import { type DataType, DURATION, flags, integer, IPV4, IPV6, named, PORT, PROTOCOL } from './datatype.ts'
import type { Node } from './node.ts'
import type { Selector } from './selector.ts'
import type { NftSurroundings } from './surroundings.ts'
import { CT_DIRECTIONS, CT_STATES, CT_STATUS, NFPROTO } from './symbols.ts'

/** The state as nft numbers it. */
export function stateBit(kind: number): number {
  switch (kind & KIND_STATE) {
    case STATE_NEW: return CT_STATES.new
    case STATE_ESTABLISHED: return CT_STATES.established
    case STATE_RELATED: return CT_STATES.related
    case STATE_INVALID: return CT_STATES.invalid
    default: return CT_STATES.untracked
  }
}

const EITHER = -1 // of both directions

/** Of a packet with a connection. */
const of = (type: DataType, read: (facts: Facts) => number, more: Partial<Selector> = {}): Selector => ({
  type, needs: [], ...more,
  read: (facts, out, at) => {
    if (!facts.hasConnection) return false
    out[at] = read(facts)
    return true
  },
})

/** `{"key": "proto-dst", "dir": "original"}` @throws RuleProblem */
export function readCt(node: Node, { hz }: NftSurroundings): Selector {
  const key = node.at('key').text('key')
  const dir = node.has('dir') ? directionOf(node.at('dir')) : EITHER
  const tuple = tupleSelector(node, key, dir)
  if (tuple !== null) return tuple
  switch (key) {
    case 'state': return {
      type: flags('state', 32, CT_STATES), needs: [], word: 'state',
      read: (facts, out, at) => {
        out[at] = stateBit(facts.kind)
        return true
      },
    }
    case 'direction': return of(named('direction', 8, CT_DIRECTIONS), ({ packet }) => packet.direction, { word: 'direction' })
    case 'status': return of(flags('status', 32, CT_STATUS), ({ connection }) => connection.status)
    case 'mark': return of(integer(32, 'mark'), ({ connection }) => connection.mark)
    case 'expiration': return of(DURATION, ({ connection, packet }) =>
      connection.confirmed ? Math.max(connection.deadline - packet.tick, 0) * 1000 / hz : 0)
    case 'l3proto': return of(named('IP version', 8, NFPROTO), ({ isIpv6 }) => isIpv6 ? 10 : 2)
    // A connection that ended with this very packet has given its record back, and the first word of it is gone.
    case 'protocol': return of(PROTOCOL, ({ connection, protocol }) => connection.protocol || protocol)
    case 'zone': return of(integer(16, 'zone'), ({ connection }) => connection.zone)
    case 'packets': return of(integer(64), (facts) => counted(facts, dir, false))
    case 'bytes': return of(integer(64), (facts) => counted(facts, dir, true))
    case 'avgpkt': return of(integer(64), (facts) => Math.floor(counted(facts, dir, true) / Math.max(counted(facts, dir, false), 1)))
    case 'helper': return helperSelector()
    default: return node.at('key').fail(`ct ${key} is not supported`)
  }
}

function directionOf(node: Node): number {
  const direction = Object.hasOwn(CT_DIRECTIONS, node.text('direction')) ? CT_DIRECTIONS[node.text()] : undefined
  return direction ?? node.fail('a direction is original or reply')
}

function counted({ connection }: Facts, dir: number, isBytes: boolean): number {
  const one = (way: number): number => isBytes ? connection.bytes(way) : connection.packets(way)
  return dir === EITHER ? one(ORIGINAL) + one(REPLY) : one(dir)
}

/** Addresses and ports of one direction; null for other keys. */
function tupleSelector(node: Node, key: string, dir: number): Selector | null {
  const [, family, end = '', port] = /^(?:(ip6?) )?(?:([sd])addr|proto-(src|dst))$/.exec(key) ?? []
  if (end === '' && port === undefined) return null
  if (dir === EITHER) return node.fail(`ct ${key} needs a direction`)
  if (port !== undefined) {
    return of(PORT, ({ connection }) => port === 'src' ? connection.sourcePort(dir) : connection.destinationPort(dir))
  }
  const version = family ?? (node.has('family') ? node.at('family').text('family') : '')
  if (version !== 'ip' && version !== 'ip6') return node.fail(`ct ${key} needs a family: ip or ip6`)
  const isIpv6 = version === 'ip6'
  return {
    type: isIpv6 ? IPV6 : IPV4, needs: [],
    read: ({ hasConnection, connection, isIpv6: isOfIpv6 }, out, at) => {
      if (!hasConnection || isOfIpv6 !== isIpv6) return false
      for (let i = 0; i < (isIpv6 ? 4 : 1); i++) {
        out[at + i] = (end === 's' ? connection.source(dir, i) : connection.destination(dir, i)) >>> 0
      }
      return true
    },
  }
}

/** The helper of the connection that promised this one; by its name, for which numbers are given here. */
function helperSelector(): Selector {
  const names = new Map<string, number>()
  const numberOf = (name: string): number => {
    const number = names.get(name) ?? names.size + 1
    names.set(name, number)
    return number
  }
  return {
    type: { name: 'helper', words: 1, bits: 32, read: (node) => [numberOf(node.text('name of a helper'))] }, needs: [],
    read: (facts, out, at) => {
      const name = facts.hasConnection ? masterHelper(facts) : null
      if (name === null) return false
      out[at] = numberOf(name)
      return true
    },
  }
}
