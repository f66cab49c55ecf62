// What flows do to packets. Actions are plain objects with their parameters in the open, so that lint can read them.

import type { NatRange } from '../nat/range.ts'
import { IN_PORT, VLAN_PRESENT, VLAN_TCI } from './fields.ts'
import { PORT_ALL, PORT_CONTROLLER, PORT_FLOOD, PORT_IN, PORT_NORMAL, PORT_TABLE } from './ports.ts'
import type { Subfield, WordPart } from './values.ts'

/** What a ct action asks for. */
export interface CtRequest {
  readonly isCommit: boolean
  readonly isForce: boolean
  /** Where the packet goes on, tracked; null for nowhere. */
  readonly table: number | null
  readonly zone: number | Subfield
  /** What is set in the connection's mark and label. */
  readonly exec: readonly Action[]
  /** The bits of them: of the mark, then of the label's four words. */
  readonly masks: Int32Array
  /** Name of the helper of a new connection, null for none. */
  readonly alg: string | null
  /** Addresses are translated; null where they are not. */
  readonly nat: NatRequest | null
}

/** What the `nat` of a ct action asks for. */
export interface NatRequest {
  /** Which end of a new connection's packets is changed; null: connections are translated as they were begun. */
  readonly isSource: boolean | null
  /** null where the address stays, as far as answers can be told apart. */
  readonly range: NatRange | null
}

/** What actions work on: a packet on its way through the tables. */
export interface Way {
  /** The packet's key, and what `push` has put aside. */
  readonly key: Int32Array
  readonly stack: Int32Array[]
  /** Table of the flow whose actions run. */
  readonly table: number
  /** Looks the packet up in a table, as though it had come in by a port, and does what the flow there says. */
  resubmit(table: number, port: number): void
  /** Sends a copy of the packet out by a port. @param isBack  even by the one it has come in by */
  output(port: number, isBack: boolean): void
  flood(): void
  normal(): void
  controller(): void
  /** Shows the packet to conntrack. */
  ct(request: CtRequest): void
  /** Takes from the packet what conntrack has said of it. */
  clearCt(): void
}

export interface Action {
  /** As ovs-actions(7) names it. */
  readonly name: string
  run(way: Way): void
}

/** Nothing that conntrack or another flow would see. */
export class IgnoredAction implements Action {
  readonly name: string
  constructor(name: string) { this.name = name }
  run(): void { /* nothing to see */ }
}

export class OutputAction implements Action {
  readonly name = 'output'
  readonly port: number

  constructor(port: number) { this.port = port }

  run(way: Way): void { send(way, this.port) }
}

/** To the port that a field holds. */
export class OutputFieldAction implements Action {
  readonly name = 'output'
  readonly source: Subfield

  constructor(source: Subfield) { this.source = source }

  run(way: Way): void { send(way, readBits(way.key, this.source)) }
}

function send(way: Way, port: number): void {
  switch (port) {
    case PORT_NORMAL: way.normal(); break
    case PORT_FLOOD: case PORT_ALL: way.flood(); break
    case PORT_CONTROLLER: way.controller(); break
    case PORT_TABLE: way.resubmit(0, way.key[IN_PORT]!); break
    case PORT_IN: way.output(way.key[IN_PORT]!, true); break
    default: way.output(port, false)
  }
}

/** `resubmit(port, table)`, `goto_table`. */
export class ResubmitAction implements Action {
  readonly name: string
  /** null for the one it has come in by. */
  readonly port: number | null
  /** null for the table of the flow itself. */
  readonly table: number | null

  constructor(name: string, port: number | null, table: number | null) {
    this.name = name
    this.port = port
    this.table = table
  }

  run(way: Way): void {
    const { key } = way
    way.resubmit(this.table ?? way.table, this.port === null || this.port === PORT_IN ? key[IN_PORT]! : this.port)
  }
}

/** `load`, `set_field` and all that come to the same: bits of words are set. */
export class SetAction implements Action {
  readonly name: string
  readonly parts: readonly WordPart[]

  constructor(name: string, parts: SetAction['parts']) {
    this.name = name
    this.parts = parts
  }

  run({ key }: Way): void {
    for (const [word, value, mask] of this.parts) key[word] = (key[word]! & ~mask) | value
  }
}

export class MoveAction implements Action {
  readonly name = 'move'
  readonly source: Subfield
  readonly target: Subfield

  constructor(source: Subfield, target: Subfield) {
    this.source = source
    this.target = target
  }

  run({ key }: Way): void {
    const { source, target } = this
    // Whole at first: source and target may overlap.
    const bits = Array.from({ length: source.bits }, (_, i) => bitOf(key, source, i))
    for (const [i, bit] of bits.entries()) {
      const [word, shift] = placeOf(target, i)
      key[word] = (key[word]! & ~(1 << shift)) | (bit << shift)
    }
  }
}

const MOST_PUSHED = 64 // fields; Open vSwitch has no more room than a few kB

export class PushAction implements Action {
  readonly name = 'push'
  readonly source: Subfield

  constructor(source: Subfield) { this.source = source }

  run({ key, stack }: Way): void {
    if (stack.length < MOST_PUSHED) stack.push(Int32Array.from({ length: this.source.bits }, (_, i) => bitOf(key, this.source, i)))
  }
}

export class PopAction implements Action {
  readonly name = 'pop'
  readonly target: Subfield

  constructor(target: Subfield) { this.target = target }

  run({ key, stack }: Way): void {
    const bits = stack.pop()
    if (bits === undefined) return
    for (let i = 0; i < this.target.bits; i++) {
      const [word, shift] = placeOf(this.target, i)
      key[word] = (key[word]! & ~(1 << shift)) | ((bits[i] ?? 0) << shift)
    }
  }
}

/** `mod_vlan_vid`, `mod_vlan_pcp`: with the tag they change, or a new one. */
export class VlanAction implements Action {
  readonly name: string
  readonly value: number
  readonly mask: number

  constructor(name: string, value: number, mask: number) {
    this.name = name
    this.value = value
    this.mask = mask
  }

  run({ key }: Way): void { key[VLAN_TCI] = (key[VLAN_TCI]! & ~this.mask) | this.value | VLAN_PRESENT }
}

export class DecTtlAction implements Action {
  readonly name = 'dec_ttl'
  readonly word: number

  constructor(word: number) { this.word = word }

  run({ key }: Way): void { if (key[this.word]! > 1) key[this.word] = key[this.word]! - 1 }
}

/** Shows the packet to conntrack, and commits its connection. Source: ovs-actions(7). */
export class CtAction implements Action {
  readonly name = 'ct'
  readonly request: CtRequest

  constructor(request: CtRequest) { this.request = request }

  run(way: Way): void { way.ct(this.request) }
}

export class ClearCtAction implements Action {
  readonly name = 'ct_clear'
  run(way: Way): void { way.clearCt() }
}

/** The word and the bit in it of bit `i` of some bits of a field. */
function placeOf({ field, from }: Subfield, i: number): readonly [word: number, shift: number] {
  const bit = field.shift + from + i
  return [field.word + Math.ceil((field.shift + field.bits) / 32) - 1 - (bit >>> 5), bit & 31]
}

function bitOf(key: Int32Array, subfield: Subfield, i: number): number {
  const [word, shift] = placeOf(subfield, i)
  return (key[word]! >>> shift) & 1
}

/** Up to 32 bits of a field as a number. */
export function readBits(key: Int32Array, subfield: Subfield): number {
  let value = 0
  for (let i = Math.min(subfield.bits, 32) - 1; i >= 0; i--) value = value * 2 + bitOf(key, subfield, i)
  return value
}
