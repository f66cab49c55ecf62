// What a rule asks about the packet beside its headers: `meta mark`, `iifname`, and whose address it is (`fib`).
// Kernel: nft_meta_get_eval(), nft_fib4_eval_type() (v6.12).

import type { Facts } from '../facts.ts'
import { addressTypeOf } from '../match-wire.ts'
import type { DataType } from './datatype.ts'
import { integer, interfaceName, named, PROTOCOL } from './datatype.ts'
import type { Node } from './node.ts'
import type { Selector } from './selector.ts'
import { ADDRESS_TYPES, ETHERTYPES, LINK_TYPES, NFPROTO, PACKET_TYPES } from './symbols.ts'
import type { NftSurroundings } from './surroundings.ts'

const LINK_ETHERNET = 1
const HOST = 0
const BROADCAST = 1
const MULTICAST = 2

const always = (type: DataType, read: (facts: Facts) => number, more: Partial<Selector> = {}): Selector => ({
  type, needs: [], ...more,
  read: (facts, out, at) => {
    out[at] = read(facts)
    return true
  },
})

/** `{"key": "iifname"}` @throws RuleProblem */
export function readMeta(node: Node, { interfaces }: NftSurroundings): Selector {
  const key = node.at('key').text('key')
  switch (key) {
    case 'length': return always(integer(32), ({ packet }) => packet.length)
    case 'protocol': return always(named('EtherType', 16, ETHERTYPES), ({ isIpv6 }) => isIpv6 ? 0x86dd : 0x0800)
    case 'nfproto': return always(named('IP version', 8, NFPROTO), ({ isIpv6 }) => isIpv6 ? 10 : 2, { word: 'version' })
    case 'l4proto': return {
      type: PROTOCOL, needs: [], word: 'protocol',
      read: (facts, out, at) => {
        out[at] = facts.protocol
        return !facts.hidesProtocol
      },
    }
    case 'mark': return always(integer(32, 'mark'), ({ mark }) => mark >>> 0)
    case 'iif': case 'iifname': return always(interfaceName(interfaces), ({ inIface }) => inIface, { asksInterface: true })
    case 'oif': case 'oifname': return always(interfaceName(interfaces), ({ outIface }) => outIface, { asksInterface: true })
    case 'pkttype': return always(named('type of packet', 8, PACKET_TYPES), packetType)
    case 'iiftype': case 'oiftype': return {
      type: named('type of interface', 16, LINK_TYPES), needs: [],
      read: ({ frame }, out, at) => {
        out[at] = frame.linkType
        return frame.linkType === LINK_ETHERNET
      },
    }
    default: return node.at('key').fail(`meta ${key} is not supported`)
  }
}

/** To whom a packet was sent on its link: read from the station, or, where the link has none, from the address. */
function packetType({ frame, isIpv6, destination0 }: Facts): number {
  if (frame.linkType === LINK_ETHERNET && frame.end - frame.start >= 6) {
    if ((frame.view.getUint8(frame.start) & 1) === 0) return HOST
    const isAll = frame.view.getUint16(frame.start) === 0xffff && frame.view.getUint32(frame.start + 2) === 0xffffffff
    return isAll ? BROADCAST : MULTICAST
  }
  if (isIpv6) return destination0 >>> 24 === 0xff ? MULTICAST : HOST
  return destination0 === -1 ? BROADCAST : destination0 >>> 28 === 0xe ? MULTICAST : HOST
}

/** `{"result": "type", "flags": ["daddr"]}`: the kinds of address that can be told without a routing table. @throws RuleProblem */
export function readFib(node: Node, { isLocal }: NftSurroundings): Selector {
  const result = node.at('result').text('result')
  if (result !== 'type') node.at('result').fail(`fib ${result} needs the machine's routes, and is not supported`)
  const flags = node.at('flags').listOrOne().map((one) => one.text('flag'))
  const isSource = flags.includes('saddr')
  if (isSource === flags.includes('daddr')) node.at('flags').fail('either saddr or daddr should stand here')
  return always(named('type of address', 32, ADDRESS_TYPES), (facts) =>
    ADDRESS_TYPES[addressTypeOf(facts, isSource, isLocal).toLowerCase()] ?? 0)
}
