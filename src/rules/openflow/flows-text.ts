// Flows as a person hands them over: what `ovs-ofctl dump-flows` prints, or what `ovs-ofctl add-flows` reads.

import { UsageError } from '../../base/errors.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../base/units.ts'
import { RuleProblem } from '../iptables/values.ts'
import type { RulesetWarning } from '../ruleset.ts'
import { CtAction } from './action.ts'
import { ActionReader } from './action-reader.ts'
import { CS_INV, CT_STATE, NW_PROTO } from './fields.ts'
import { FlowTable } from './flow-table.ts'
import { Flow } from './flow.ts'
import { isIp, type Match, MatchReader } from './match-reader.ts'
import type { Ports } from './ports.ts'
import type { FlowProgram } from './switch.ts'
import { type Part, splitParts } from './words.ts'

const DEFAULT_PRIORITY = 32_768
const MOST_PRIORITY = 65_535
const MOST_TABLE = 254

/** Said of a flow, and nothing that it matches. */
const ASIDE = [
  'cookie', 'duration', 'n_packets', 'n_bytes', 'idle_age', 'hard_age', 'importance', 'send_flow_rem', 'check_overlap', 'reset_counts',
  'no_packet_counts', 'no_byte_counts', 'out_port', 'out_group', 'allow_hidden_fields', 'table', 'priority',
]
const TIMEOUTS = ['idle_timeout', 'hard_timeout']

/** The head of a reply: `NXST_FLOW reply (xid=0x4):` */
const HEAD = /^\s*(NXST_FLOW|OFPST_FLOW) reply\b/

/** A text of flows. */
export interface FlowsText {
  readonly path: string
  readonly text: string
}

/** What a text of flows says. */
export interface ReadFlows {
  readonly program: FlowProgram
  readonly warnings: readonly RulesetWarning[]
  /** Flows read: one more than the highest id. */
  readonly ids: number
}

/**
 * Reads flows.
 * @param isLenient  flows that cannot be read match nothing; each is a warning
 * @throws           UsageError that names file and line
 */
export function readFlows({ path, text }: FlowsText, ports: Ports, isLenient: boolean): ReadFlows {
  const tables = new Map<number, FlowTable>()
  const warnings: RulesetWarning[] = []
  const flows = new Set<Flow>()
  const actions = new ActionReader(ports)
  let ids = 0
  let line = 0
  for (const raw of text.split('\n')) {
    line++
    const words = raw.replace(/#.*$/, '').trim()
    if (words === '' || HEAD.test(words)) continue
    const warn = (message: string): void => { warnings.push({ path, line, message }) }
    try {
      const flow = readFlow(words, { line, id: ids, ports, actions, warn })
      ids++
      let table = tables.get(flow.table)
      if (table === undefined) tables.set(flow.table, table = new FlowTable(flow.table))
      const before = table.add(flow)
      if (before !== null) {
        flows.delete(before)
        warn(`it takes the place of the flow of line ${String(before.line)}: table, priority and match are the same`)
      }
      flows.add(flow)
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error
      if (!isLenient) throw new UsageError(`${path}:${String(line)}: ${error.message}`)
      warn(`${error.message}; the flow matches nothing`)
    }
  }
  return { program: { path, flows: [...flows], tables }, warnings, ids }
}

interface Around {
  readonly line: number
  readonly id: number
  readonly ports: Ports
  readonly actions: ActionReader
  readonly warn: (message: string) => void
}

function readFlow(words: string, { line, id, ports, actions: reader, warn }: Around): Flow {
  const [, head = '', tail] = /^(.*?)(?:\bactions?=(.*))?$/s.exec(words.replace(/^add\s+/, '')) ?? []
  if (tail === undefined) throw new RuleProblem('it says no actions')
  const match = new MatchReader(ports)
  const shown: string[] = []
  let table = 0
  let priority = DEFAULT_PRIORITY
  let told: number | null = null
  for (const part of splitParts(head)) {
    if (part.key === 'table') table = readCount(part, MOST_TABLE)
    else if (part.key === 'priority') priority = readCount(part, MOST_PRIORITY)
    else if (part.key === 'n_packets') told = readCount(part, Number.MAX_SAFE_INTEGER)
    else if (TIMEOUTS.includes(part.key)) warn(`${part.text}: flows do not expire here`)
    if (ASIDE.includes(part.key) || TIMEOUTS.includes(part.key)) continue
    shown.push(part.text)
    if (part.value !== null) match.field(part.key, part.value)
    else if (!match.word(part.key)) throw new RuleProblem(`unknown word "${part.key}"`)
  }
  const { actions, clauses } = reader.read(tail)
  for (const action of actions) if (action instanceof CtAction) check(action, match.match)
  for (const message of match.finish()) warn(message)
  const text = `${shown.join(',')}${shown.length > 0 ? ' ' : ''}actions=${tail.trim() === '' ? 'drop' : tail.trim()}`
  return new Flow({ table, priority, line, text, match: match.match, actions, clauses, id, told })
}

/** What Open vSwitch refuses: a ct action on packets that it cannot be for. @throws RuleProblem */
function check({ request: { isCommit, alg } }: CtAction, match: Match): void {
  const refuse = (why: string): never => { throw new RuleProblem(`${why}: Open vSwitch refuses the flow`) }
  if (!isIp(match)) refuse('ct needs a match of ip or ipv6')
  if (isCommit && (match.values[CT_STATE]! & CS_INV) !== 0) refuse('nothing that is +inv can be committed')
  const protocol = match.exact(NW_PROTO, 0xff)
  if (alg !== null && protocol !== (alg === 'ftp' ? IPPROTO_TCP : IPPROTO_UDP)) {
    refuse(`alg=${alg} needs a match of ${alg === 'ftp' ? 'tcp' : 'udp'}`)
  }
}

function readCount({ key, value }: Part, most: number): number {
  const number = /^(0x[0-9a-f]{1,8}|\d{1,16})$/i.test(value ?? '') ? Number(value) : NaN
  if (!(number <= most)) throw new RuleProblem(`"${value ?? ''}" is no ${key}`)
  return number
}
