// Statements that are no verdict: what they do, and to what.

import { helperNumber } from '../../helpers/registry.ts'
import { readProtocol } from '../iptables/values.ts'
import type { Match } from '../match.ts'
import { DSCP } from './symbols.ts'
import { integer, named, readValue } from './datatype.ts'
import { readSelector } from './expression.ts'
import { readMatch } from './match-reader.ts'
import type { Node } from './node.ts'
import type { Objects } from './objects.ts'
import type { Read } from './selector.ts'
import type { Sets } from './sets.ts'
import { Assignment, AttachHelper, Counter, Limit, Notrack, Quota, setConnectionMark, setDscp, setMark, setZone } from './statements.ts'

/** What statements of a table's rules can ask for by name. */
export interface TableParts {
  readonly sets: Sets
  readonly objects: Objects
  /** Of the table. */
  readonly family: string
}

/** Statements that a packet passes: what they do does not show in conntrack. */
const PASSED = new Set(['log', 'continue', 'comment'])

/** Reads a statement into matches. @returns null where it is none that is known @throws RuleProblem */
export function readStatement(name: string, node: Node, { sets, objects }: TableParts): Match[] | null {
  if (PASSED.has(name)) return []
  switch (name) {
    case 'match': return readMatch(node, sets)
    case 'counter': return [node.isText ? objects.counter(node) : new Counter()]
    case 'limit': return [node.isText ? objects.limit(node) : readLimit(node)]
    case 'quota': return [node.isText ? objects.quota(node) : readQuota(node)]
    case 'notrack': return [new Notrack()]
    case 'mangle': return readAssignment(node, sets)
    case 'ct helper': return [objects.helper(node)]
    default: return null
  }
}

const UNITS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 }
const BYTES: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 ** 2 }
const MOST = 2 ** 40

/** `{"rate": 5, "burst": 3, "per": "second"}` */
export function readLimit(node: Node): Limit {
  const unit = oneOf(node.at('per'), UNITS, 'unit of time')
  const isBytes = node.has('rate_unit') && node.at('rate_unit').value !== 'packets'
  const scaled = (key: string, unitKey: string, least: number): number => node.at(key).number(MOST, key, least) *
    (isBytes && node.has(unitKey) ? oneOf(node.at(unitKey), BYTES, 'unit of bytes') : 1)
  const rate = scaled('rate', 'rate_unit', 1)
  const burst = node.has('burst') ? scaled('burst', 'burst_unit', 0) : 0
  return new Limit(rate, unit, burst === 0 && !isBytes ? 5 : burst, isBytes, node.at('inv').value === true)
}

/** `{"val": 10, "val_unit": "kbytes", "inv": true}`, and of an object `{"bytes": 10240, "used": 0}` */
export function readQuota(node: Node): Quota {
  const bytes = (key: string, unitKey: string): number => !node.has(key) ? 0 : node.at(key).number(MOST, key) *
    (node.has(unitKey) ? oneOf(node.at(unitKey), BYTES, 'unit of bytes') : 1)
  const most = node.has('bytes') ? bytes('bytes', 'unit') : bytes('val', 'val_unit')
  return new Quota(most, bytes('used', 'used_unit'), node.at('inv').value === true)
}

function oneOf(node: Node, values: Readonly<Record<string, number>>, what: string): number {
  const name = node.text(what)
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  return value ?? node.fail(`there is no ${what} "${name}"; there are ${Object.keys(values).join(', ')}`)
}

/** Keys of the packet that a rule may set, and conntrack does not see. */
const UNSEEN = ['priority', 'nftrace', 'pkttype', 'secmark']

/** `{"key": {"meta": {"key": "mark"}}, "value": …}` */
function readAssignment(node: Node, sets: Sets): Match[] {
  const [what, target] = node.at('key').only('expression')
  const value = node.at('value')
  const key = target.at('key').value
  if (what === 'meta' && key === 'mark') return [assignment(value, sets, 32, setMark)]
  if (what === 'meta' && UNSEEN.some((one) => one === key)) return []
  if (what === 'ct' && key === 'mark') return [assignment(value, sets, 32, setConnectionMark)]
  if (what === 'ct' && key === 'zone') {
    return target.has('dir') ? target.at('dir').fail('a zone of one direction is not supported') : [assignment(value, sets, 16, setZone)]
  }
  if (what === 'ct' && key === 'event') return []
  const isIp = target.at('protocol').value === 'ip' || target.at('protocol').value === 'ip6'
  if (what === 'payload' && isIp && target.at('field').value === 'dscp') {
    const [codePoint = 0] = readValue(value, named('code point', 6, DSCP))
    const { needs } = readSelector(node.at('key'), sets)
    return [...needs, new Assignment([], constant(codePoint), setDscp)]
  }
  if (what === 'tcp option') return []
  return node.at('key').fail('to set this is not supported')
}

const constant = (value: number): Read => (_, out, at) => {
  out[at] = value
  return true
}

function assignment(value: Node, sets: Sets, bits: number, write: (facts: Parameters<Read>[0], value: number) => void): Match {
  if (!value.isObject) return new Assignment([], constant(readValue(value, integer(bits))[0]!), write)
  const { needs, read } = readSelector(value, sets)
  return new Assignment(needs, read, write)
}

/** `{"type": "ftp", "protocol": "tcp", "l3proto": "inet"}` @throws RuleProblem */
export function readHelper(node: Node): AttachHelper {
  const name = node.at('type').text('name of a helper')
  const protocol = readProtocol(node.at('protocol').text('protocol')) ?? 0
  const family = node.has('l3proto') ? node.at('l3proto').text('family') : 'inet'
  const of = (isIpv6: boolean): number =>
    family === (isIpv6 ? 'ip' : 'ip6') ? 0 : helperNumber(name, protocol, isIpv6)
  const [ipv4, ipv6] = [of(false), of(true)]
  if (ipv4 === 0 && ipv6 === 0) node.fail(`there is no helper "${name}" for this protocol and family`)
  return new AttachHelper(protocol, ipv4, ipv6)
}
