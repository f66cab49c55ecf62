// What a flow does: from its text to actions. Source: ovs-actions(7).

import { nearest } from '../../base/nearest.ts'
import { RuleProblem } from '../iptables/values.ts'
import {
  type Action, ClearCtAction, CtAction, DecTtlAction, IgnoredAction, MoveAction, type NatRequest, OutputAction, OutputFieldAction,
  PopAction, PushAction, ResubmitAction, SetAction, VlanAction,
} from './action.ts'
import { CT_LABEL, CT_MARK, NW_TTL, VLAN_PRESENT, VLAN_TCI, type Write } from './fields.ts'
import type { Clause } from './flow.ts'
import { LABEL_WORDS } from './labels.ts'
import { readNat } from './nat-reader.ts'
import { PORT_CONTROLLER, PORT_FLOOD, PORT_IN, PORT_LOCAL, PORT_NORMAL, type Ports } from './ports.ts'
import { ones, readBig, readSubfield, readValue, type Subfield, wordsOf } from './values.ts'
import { type Part, splitParts } from './words.ts'

const MOST_TABLE = 254
const VLAN_ID = 0xfff
const PCP_SHIFT = 13
const TPID_VLAN = ['0x8100', '0x88a8', '33024', '34984']

/** Actions of one flow. */
export interface ReadActions {
  readonly actions: readonly Action[]
  readonly clauses: readonly Clause[]
}

type Reader = (value: string) => Action

/** Nothing that conntrack or another flow sees. */
const IGNORED = ['set_queue', 'pop_queue', 'note', 'fin_timeout', 'set_mpls_ttl', 'delete_field', 'sample']

export class ActionReader {
  readonly #ports: Ports
  readonly #readers: Readonly<Record<string, Reader>>

  constructor(ports: Ports) {
    this.#ports = ports
    const port = (number: number): Reader => () => new OutputAction(number)
    this.#readers = {
      output: (value) => this.#output(value),
      enqueue: (value) => this.#output(value.split(/[:,]/)[0] ?? ''),
      normal: port(PORT_NORMAL), flood: port(PORT_FLOOD), all: port(PORT_FLOOD), local: port(PORT_LOCAL), in_port: port(PORT_IN),
      controller: port(PORT_CONTROLLER),
      resubmit: (value) => this.#resubmit(value),
      goto_table: (value) => new ResubmitAction('goto_table', null, readTable(value)),
      load: (value) => this.#load(value),
      set_field: (value) => this.#setField(value),
      move: (value) => this.#move(value),
      push: (value) => new PushAction(readSubfield(value)),
      pop: (value) => new PopAction(writable('pop', readSubfield(value), ['free'])),
      write_metadata: (value) => this.#set('write_metadata', 'metadata', value),
      set_tunnel: (value) => this.#set('set_tunnel', 'tun_id', value),
      set_tunnel64: (value) => this.#set('set_tunnel64', 'tun_id', value),
      mod_dl_src: (value) => this.#set('mod_dl_src', 'dl_src', value),
      mod_dl_dst: (value) => this.#set('mod_dl_dst', 'dl_dst', value),
      mod_nw_tos: (value) => this.#set('mod_nw_tos', 'nw_tos', value),
      mod_nw_ecn: (value) => this.#set('mod_nw_ecn', 'nw_ecn', value),
      mod_nw_ttl: (value) => this.#set('mod_nw_ttl', 'nw_ttl', value),
      mod_nw_src: (value) => this.#set('mod_nw_src', 'nw_src', value),
      mod_nw_dst: (value) => this.#set('mod_nw_dst', 'nw_dst', value),
      mod_tp_src: (value) => this.#set('mod_tp_src', 'tp_src', value),
      mod_tp_dst: (value) => this.#set('mod_tp_dst', 'tp_dst', value),
      dec_ttl: () => new DecTtlAction(NW_TTL),
      mod_vlan_vid: (value) => new VlanAction('mod_vlan_vid', Number(readBig(value, 12)), VLAN_ID),
      set_vlan_vid: (value) => new VlanAction('set_vlan_vid', Number(readBig(value, 12)), VLAN_ID),
      mod_vlan_pcp: (value) => new VlanAction('mod_vlan_pcp', Number(readBig(value, 3)) << PCP_SHIFT, 7 << PCP_SHIFT),
      set_vlan_pcp: (value) => new VlanAction('set_vlan_pcp', Number(readBig(value, 3)) << PCP_SHIFT, 7 << PCP_SHIFT),
      strip_vlan: () => new SetAction('strip_vlan', [[VLAN_TCI, 0, -1]]),
      pop_vlan: () => new SetAction('pop_vlan', [[VLAN_TCI, 0, -1]]),
      push_vlan: (value) => {
        if (!TPID_VLAN.includes(value)) throw new RuleProblem(`"${value}" is no type of a VLAN tag`)
        return new SetAction('push_vlan', [[VLAN_TCI, VLAN_PRESENT, -1]])
      },
      ct: (value) => this.#ct(value),
      ct_clear: () => new ClearCtAction(),
    }
  }

  /** All that stands behind `actions=`. @throws RuleProblem */
  read(text: string): ReadActions {
    const parts = splitParts(text)
    const clauses: Clause[] = []
    const actions: Action[] = []
    for (const part of parts) {
      if (part.key === 'conjunction') clauses.push(readClause(part.value ?? ''))
      else if (part.key.toLowerCase() === 'drop') {
        if (parts.length > 1) throw new RuleProblem('drop stands with other actions')
      } else actions.push(this.#action(part))
    }
    if (clauses.length > 0 && actions.some(({ name }) => name !== 'note')) {
      throw new RuleProblem('conjunction stands with other actions')
    }
    return { actions, clauses }
  }

  #action({ key, value, text }: Part): Action {
    const name = key.toLowerCase()
    if (/^\d+$/.test(key) && value === null) return this.#output(key)
    if (IGNORED.includes(name)) return new IgnoredAction(name)
    const reader = Object.hasOwn(this.#readers, name) ? this.#readers[name] : undefined
    if (reader !== undefined) return reader(value ?? '')
    if (value === null && text.startsWith('"')) return this.#output(text)
    const meant = nearest(name, Object.keys(this.#readers))
    throw new RuleProblem(`the action "${key}" is not supported; did you mean ${meant}?`)
  }

  #output(value: string): Action {
    if (/\[.*\]$|^(reg\d+|NXM_|OXM_)/i.test(value)) return new OutputFieldAction(readSubfield(value))
    if (/^\(?max_len|port=/.test(value)) {
      const [, port] = /port=([^,]+)/.exec(value) ?? []
      return new OutputAction(this.#ports.read(port ?? ''))
    }
    return new OutputAction(this.#ports.read(value))
  }

  /** `1`, `,5`, `1,5` */
  #resubmit(value: string): Action {
    const [port = '', table = '', more] = value.split(',').map((word) => word.trim())
    if (more !== undefined) throw new RuleProblem(`resubmit with "${more}" is not supported`)
    return new ResubmitAction('resubmit', port === '' ? null : this.#ports.read(port), table === '' ? null : readTable(table))
  }

  /** `VALUE->FIELD[A..B]` */
  #load(value: string): Action {
    const [what, where] = readArrow(value)
    const target = writable('load', readSubfield(where), ['free'])
    return new SetAction('load', wordsOf(target, { value: readBig(what, target.bits), mask: ones(target.bits) }))
  }

  /** `VALUE[/MASK]->FIELD` */
  #setField(value: string, writes: readonly Write[] = ['free']): Action {
    const [what, where] = readArrow(value)
    const target = writable('set_field', readSubfield(where), writes)
    return new SetAction('set_field', wordsOf(target, readValue(what, target, this.#ports)))
  }

  #set(name: string, field: string, value: string): Action {
    const target = writable(name, readSubfield(field), ['free'])
    return new SetAction(name, wordsOf(target, readValue(value, target, this.#ports)))
  }

  #move(value: string, writes: readonly Write[] = ['free']): MoveAction {
    const [from, to] = readArrow(value)
    const source = readSubfield(from)
    const target = writable('move', readSubfield(to), writes)
    if (source.bits !== target.bits) throw new RuleProblem(`"${value}" moves ${String(source.bits)} bits to ${String(target.bits)}`)
    return new MoveAction(source, target)
  }

  #ct(text: string): Action {
    let isCommit = false
    let isForce = false
    let table: number | null = null
    let zone: number | Subfield = 0
    let alg: string | null = null
    let exec: readonly Action[] = []
    let nat: NatRequest | null = null
    const masks = new Int32Array(1 + LABEL_WORDS)
    for (const { key, value } of splitParts(text)) {
      switch (key) {
        case 'commit': isCommit = true; break
        case 'force': isForce = true; break
        case 'table': table = readTable(value ?? ''); break
        case 'zone': zone = readZone(value ?? ''); break
        case 'alg': alg = readAlg(value ?? ''); break
        case 'exec': exec = this.#exec(value ?? '', masks); break
        case 'nat': nat = readNat(value); break
        case 'timeout': throw new RuleProblem('ct with a timeout policy is not supported')
        default: throw new RuleProblem(`unknown argument of ct: "${key}"`)
      }
    }
    if (isForce && !isCommit) throw new RuleProblem('ct with force needs commit')
    if (exec.length > 0 && !isCommit) throw new RuleProblem('ct with exec needs commit')
    if (!isCommit && typeof nat?.isSource === 'boolean') throw new RuleProblem('ct with nat(src) or nat(dst) needs commit')
    return new CtAction({ isCommit, isForce, table, zone, exec, masks, alg, nat })
  }

  #exec(text: string, masks: Int32Array): readonly Action[] {
    return splitParts(text).map(({ key, value }) => {
      const what = value ?? ''
      const action = key === 'move' ? this.#move(what, ['exec']) : this.#setExec(key, what)
      const parts = action instanceof MoveAction ? wordsOf(action.target, { value: 0n, mask: ones(action.target.bits) }) : action.parts
      for (const [word, , mask] of parts) {
        const at = word === CT_MARK ? 0 : word - CT_LABEL + 1
        masks[at] = masks[at]! | mask
      }
      return action
    })
  }

  #setExec(name: string, value: string): SetAction {
    if (name !== 'load' && name !== 'set_field') throw new RuleProblem(`"${name}" is no action of ct's exec`)
    const [what, where] = readArrow(value)
    const target = writable(name, readSubfield(where), ['exec'])
    return new SetAction(name, wordsOf(target, readValue(what, target, this.#ports)))
  }
}

function readArrow(text: string): [string, string] {
  const [what = '', where = '', more] = text.split('->').map((word) => word.trim())
  if (what === '' || where === '' || more !== undefined) throw new RuleProblem(`"${text}": write VALUE->FIELD`)
  return [what, where]
}

function writable(action: string, target: Subfield, writes: readonly Write[]): Subfield {
  const { name, write } = target.field
  if (writes.includes(write)) return target
  throw new RuleProblem(write === 'packet' ? `${action} of ${name} is not supported: conntrack would see another packet`
    : `${action} cannot write ${name}${write === 'exec' ? ' outside of ct\'s exec' : ' here'}`)
}

function readTable(text: string): number {
  const table = Number(readBig(text, 8))
  if (table > MOST_TABLE) throw new RuleProblem(`"${text}" is no table: they go up to ${String(MOST_TABLE)}`)
  return table
}

function readZone(text: string): number | Subfield {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
    const field = readSubfield(text)
    if (field.bits !== 16) throw new RuleProblem(`"${text}": a zone has 16 bits`)
    return field
  }
  return Number(readBig(text, 16))
}

function readAlg(name: string): string {
  if (name !== 'ftp' && name !== 'tftp') throw new RuleProblem(`unknown alg "${name}": Open vSwitch has ftp and tftp`)
  return name
}

/** `conjunction(id, k/n)` */
function readClause(text: string): Clause {
  const [, id = '', clause = '', clauses = ''] = /^\s*(0x[0-9a-fA-F]+|\d+)\s*,\s*(\d{1,2})\s*\/\s*(\d{1,2})\s*$/.exec(text) ?? []
  const [k, n] = [Number(clause), Number(clauses)]
  if (id === '' || n < 2 || n > 64 || k < 1 || k > n) throw new RuleProblem(`"${text}": write conjunction(ID, K/N), with N from 2 to 64`)
  return { id: Number(readBig(id, 32)) | 0, clause: k - 1, clauses: n }
}
