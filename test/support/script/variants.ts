// The ways each script is run: both versions of IP, and once more with sequence numbers that pass 2^32 on the way.

import { compileScript, type Sent, type Variant } from './compile.ts'
import type { Script } from './script.ts'

export interface NamedVariant extends Variant {
  readonly name: string
}

const CIRCLE = 2 ** 32

export function variantsOf(script: Script): NamedVariant[] {
  const initial = script.initial ?? [1_000_000, 5_000_000]
  const all: NamedVariant[] = [
    { name: 'IPv4', isIpv6: false, net: 1, initial },
    { name: 'IPv6', isIpv6: true, net: 2, initial },
  ]
  const hasSequence = script.initial === null && script.flows.some(({ protocol }) => protocol === 'tcp')
  if (hasSequence) all.push({ name: 'IPv4 past 2^32', isIpv6: false, net: 3, initial: [CIRCLE - 500, CIRCLE - 200] })
  return all.filter(({ isIpv6 }) => script.only === null || (script.only === 6) === isIpv6)
}

export interface VariantSent extends Sent {
  readonly variant: NamedVariant
}

/** All variants of a script at once, in the order of time. */
export function compileVariants(script: Script): VariantSent[] {
  const sent = variantsOf(script).flatMap((variant) => compileScript(script, variant).map((one) => ({ ...one, variant })))
  return sent.sort((a, b) => a.at - b.at || a.step - b.step || a.variant.net - b.variant.net)
}
