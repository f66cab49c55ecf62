// Rulesets as a person hands them over: one text or two, with what they need to know of the machine.

import { UsageError } from '../base/errors.ts'
import { parseSets } from './address-set.ts'
import { Firewall } from './firewall.ts'
import { Ids } from './ids.ts'
import { isIpv6Text, SaveParser, type SaveText } from './iptables/save.ts'
import { RuleProblem } from './iptables/values.ts'
import { Interfaces } from './interfaces.ts'
import { Place, type PlaceOptions } from './place.ts'
import type { Facts } from './facts.ts'
import { isNftText, NftParser } from './nftables/ruleset-reader.ts'
import type { RulesetWarning } from './ruleset.ts'

export interface FirewallOptions extends PlaceOptions {
  /** Rules that are not supported are warned of, and never match. Default: they are errors. */
  readonly isLenient?: boolean
  /** Sets of addresses: what `ipset save` wrote. */
  readonly sets?: SaveText
  /** Ticks a second of the kernel, as the engine has it. Default 1000. */
  readonly hz?: number
}

/**
 * Makes the firewall that a machine with these rules is.
 *
 * @param texts  the output of iptables-save, of ip6tables-save, or of each; or of `nft -j list ruleset`; which is which they say
 *               themselves
 * @throws       UsageError, which names file and line, or the rule and the path in the JSON
 */
export function loadFirewall(
  texts: readonly SaveText[], options: FirewallOptions = {},
): { firewall: Firewall, warnings: RulesetWarning[] } {
  const interfaces = new Interfaces()
  const place = new Place(options, interfaces)
  const ids = new Ids()
  const sets = options.sets === undefined ? new Map<string, never>() : readSets(options.sets)
  const { hz = 1000, isLenient = false } = options
  const isLocal = (facts: Facts, isSource: boolean): boolean => place.isLocal(facts, isSource)
  const hasOwnAddress = (isIpv6: boolean): boolean => place.ownAddress(0, isIpv6) !== null
  const parsers = texts.map((source) => {
    if (isNftText(source.text)) return new NftParser(source, { interfaces, hz, isLocal, hasOwnAddress }, ids, isLenient).parse()
    const isIpv6 = isIpv6Text(source.text)
    return new SaveParser(source, { isIpv6, interfaces, hz, sets, isLocal, hasOwnAddress: hasOwnAddress(isIpv6) }, ids, isLenient).parse()
  })
  const rulesets = parsers.map(({ ruleset }) => ruleset)
  for (const isIpv6 of [false, true]) {
    const [, second] = rulesets.filter((ruleset) => ruleset.isIpv6 === isIpv6)
    if (second !== undefined) throw new UsageError(`${second.path}: a second ruleset for ${isIpv6 ? 'IPv6' : 'IPv4'}`)
  }
  return { firewall: new Firewall(rulesets, place, ids.count), warnings: parsers.flatMap(({ warnings }) => warnings) }
}

function readSets({ text, path }: SaveText): ReturnType<typeof parseSets> {
  try {
    return parseSets(text, path)
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error
    throw new UsageError(error.message)
  }
}
