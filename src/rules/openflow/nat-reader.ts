// The `nat` of a ct action: `nat`, `nat(src=10.0.0.1-10.0.0.9:1024-2047,random)`. Source: ovs-actions(7).

import { readPorts, RuleProblem } from '../iptables/values.ts'
import { ANY_RANGE, type NatRange } from '../nat/range.ts'
import type { NatRequest } from './action.ts'
import { readAddressWords } from './values.ts'
import { splitParts } from './words.ts'

/** @param text  what stands in the parentheses; null where there are none */
export function readNat(text: string | null): NatRequest {
  let isSource: boolean | null = null
  let range: NatRange | null = null
  let isRandom = false
  let isPersistent = false
  for (const { key, value } of splitParts(text ?? '')) {
    if (key === 'src' || key === 'dst') {
      if (isSource !== null) throw new RuleProblem('nat is of the source or of the destination')
      isSource = key === 'src'
      if (value !== null) range = readRange(value)
    } else if (key === 'random' || key === 'hash') isRandom = true
    else if (key === 'persistent') isPersistent = true
    else throw new RuleProblem(`unknown argument of nat: "${key}"`)
  }
  if (range === null && (isRandom || isPersistent)) throw new RuleProblem('nat without an address says how to choose one')
  return { isSource, range: range === null ? null : { ...range, isRandom, isPersistent } }
}

/** `ADDRESS[-ADDRESS][:PORT[-PORT]]`, IPv6 in brackets where a port follows. */
function readRange(text: string): NatRange {
  const isIpv6 = text.startsWith('[') || (text.match(/:/g) ?? []).length > 1
  const pattern = isIpv6 ? /^\[?([0-9a-f:.]+)(?:-([0-9a-f:.]+))?\]?(?::([\d-]+))?$/i : /^([\d.]+)(?:-([\d.]+))?(?::([\d-]+))?$/
  const [, from, to, ports] = (isIpv6 && !text.startsWith('[') ? /^([0-9a-f:.]+)(?:-([0-9a-f:.]+))?$/i : pattern).exec(text) ?? []
  if (from === undefined) throw new RuleProblem(`"${text}" is no range of addresses`)
  return {
    ...ANY_RANGE,
    addresses: { from: readAddressWords(from, isIpv6), to: readAddressWords(to ?? from, isIpv6) },
    ports: ports === undefined ? null : readPorts(ports, '-'),
  }
}
