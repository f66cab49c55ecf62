// An Open vSwitch around the connection tracker: what its flows do with every packet.
// Source: ovs-actions(7), ovs-fields(7); what the kernel does for it, net/openvswitch/actions.c (v6.12).

import { VERDICT_UNTRACKED } from '../../base/verdict.ts'
import type { Frame } from '../../capture/frame.ts'
import type { Conntrack } from '../../conntrack/conntrack.ts'
import type { Hooks } from '../../engine.ts'
import type { Packet } from '../../ip/packet.ts'
import { Connection } from '../../table/connection.ts'
import { Facts } from '../facts.ts'
import { type Action, CtAction, type CtRequest, readBits, type Way } from './action.ts'
import { DROPPED_BY_HELPER, DROPPED_BY_NAT, PacketCt, PASSED } from './ct.ts'
import { CT_END, CT_FIRST, CT_LABEL, CT_MARK, CT_STATE, DL_DST, DL_SRC, IN_PORT, KEY_WORDS, VLAN_TCI } from './fields.ts'
import type { FlowTable } from './flow-table.ts'
import type { Flow } from './flow.ts'
import { PacketKey } from './key.ts'
import { LABEL_WORDS, type Labels } from './labels.ts'
import type { PacketNat } from './nat.ts'
import { PORT_NONE, type Ports } from './ports.ts'
import { Stations } from './stations.ts'

/** Why a packet met its end, or did not. */
export type FlowReason =
  /** A flow decided. */
  'flow' |
  /** No flow of the table matched. */
  'no flow' |
  /** Its flow would send it back out of the port it came in by, and Open vSwitch does not do that. */
  'same port' |
  /** Conntrack dropped it, or a helper, or it could not be translated. */
  'conntrack' | 'helper' | 'nat' |
  /** Flows sent it round too often. */
  'loop'

/** A step on a packet's way: a flow it met, a table with none for it, or conntrack. */
export type Step =
  { readonly flow: Flow } |
  { readonly missed: number } |
  { readonly zone: number, readonly state: number }

/** What became of a packet. */
export interface FlowDecision {
  readonly fate: 'output' | 'controller' | 'drop'
  readonly reason: FlowReason
  /** The table where it was decided. */
  readonly table: number
  /** The flow that sent it out first, or the last one it met; null where the table had none. */
  readonly flow: Flow | null
  /** Ports it left by, in order. */
  readonly ports: readonly number[]
  /** Its way, step by step. */
  readonly steps: readonly Step[]
}

const MOST_DEPTH = 64 // resubmits within each other, as in Open vSwitch
const MOST_LOOKUPS = 4096 // as there, and here for all visits to conntrack together
const MOST_ROUNDS = 32 // times that a packet comes round from conntrack
const MOST_ACTIONS = 65_536
const MOST_OUTPUTS = 1024
const VLAN_ID = 0xfff
const GROUP = 0x0100 // bit of the first two bytes of an address
const RESERVED_HIGH = 0x0180 // 01:80:c2:00:00:00 to …:0f, which no bridge passes on
const RESERVED_LOW = 0xc200_0000 | 0

/** All flows of a switch. */
export interface FlowProgram {
  /** File they came from, for messages. */
  readonly path: string
  /** In the order of the file; those that a later one has replaced are left out. */
  readonly flows: readonly Flow[]
  readonly tables: ReadonlyMap<number, FlowTable>
}

/**
 * A switch with its flows, to be handed to an engine as its hooks.
 * @differs  flows see whole datagrams in place of fragments; no decision is cached, so a copy of a packet is always done before
 *           what stands behind it, and what NORMAL has learned holds at once; every port is a trunk of all VLANs; a packet comes
 *           round from conntrack 32 times at most
 */
export class FlowSwitch implements Hooks, Way {
  readonly program: FlowProgram
  readonly ports: Ports
  /** What was asked about the last packet. Aimed when the switch is attached. */
  facts!: Facts
  stack: Int32Array[] = []
  table = 0
  /** The way of the last packet, step by step. */
  readonly steps: Step[] = []
  /** Frames of which nothing tells by which port they came in, where a flow asks. */
  unplaced = 0
  /** Frames without IP that were dropped. */
  droppedOthers = 0
  /** Packets and bytes by id of flows, shape [id][2]. */
  readonly counters: Float64Array
  readonly #packetKey = new PacketKey()
  readonly #stations = new Stations()
  readonly #values = new Int32Array(1 + LABEL_WORDS)
  #ct!: PacketCt
  #nat: PacketNat | null = null
  #frame!: Frame
  #packet: Packet | null = null
  #lastFrame = -1
  /** The last lookup: where, and what it found. */
  #lastTable = 0
  #flow: Flow | null = null
  #decider: Flow | null = null
  #outputs: number[] = []
  #isController = false
  #isSuppressed = false
  #isGone = false
  /** Open vSwitch knows that the packet comes from conntrack. */
  #isTracked = false
  #reason: FlowReason = 'flow'
  #depth = 0
  #lookups = 0
  #actions = 0
  #rounds = 0
  /** Copies of the packet that wait for one another, and their keys. */
  #nested = 0
  readonly #keys: Int32Array[] = []

  /** @param ids  flows that the file has, replaced ones among them */
  constructor(program: FlowProgram, ports: Ports, ids: number) {
    this.program = program
    this.ports = ports
    this.counters = new Float64Array(ids * 2)
  }

  attach(conntrack: Conntrack): void {
    this.facts = new Facts(new Connection(conntrack.table.records))
    const isNat = (action: Action): boolean => action instanceof CtAction && action.request.nat !== null
    this.#ct = new PacketCt(conntrack, this.facts, this.program.flows.some(({ actions }) => actions.some(isNat)))
    this.#nat = this.#ct.nat
  }

  get key(): Int32Array { return this.#packetKey.words }

  /** The port the last frame came in by. */
  inPort = PORT_NONE

  /** Labels of connections. */
  get labels(): Labels { return this.#ct.labels }

  /** Did flows meet the frame? Not where it is a fragment that waits for others. */
  hasMet(frame: Frame): boolean { return this.#lastFrame === frame.number }

  /** The last packet was dropped. */
  get isDropped(): boolean { return this.#outputs.length === 0 && !this.#isController }

  /** What became of the last packet. */
  get decision(): FlowDecision {
    const flow = this.#decider ?? this.#flow
    return {
      fate: this.#outputs.length > 0 ? 'output' : this.#isController ? 'controller' : 'drop',
      reason: !this.isDropped ? 'flow' : this.#reason === 'flow' && this.#isSuppressed ? 'same port' : this.#reason,
      table: flow?.table ?? this.#lastTable, flow, ports: this.#outputs, steps: [...this.steps],
    }
  }

  /** Connections with a port in place of one that the kernel draws by chance. */
  get guessedPorts(): number { return this.#nat?.guesses ?? 0 }

  packetsOf(flow: Flow): number { return this.counters[flow.id * 2] ?? 0 }
  bytesOf(flow: Flow): number { return this.counters[flow.id * 2 + 1] ?? 0 }

  walk(packet: Packet, frame: Frame): void {
    this.facts.load(packet, frame)
    this.#ct.begin(packet)
    this.#begin(frame, packet)
    this.#ct.end()
    if (!this.steps.some((step) => 'zone' in step)) packet.verdict = VERDICT_UNTRACKED
  }

  /** Takes a frame without an IP packet. */
  other(frame: Frame): void {
    this.#begin(frame, null)
    if (this.isDropped) this.droppedOthers++
  }

  #begin(frame: Frame, packet: Packet | null): void {
    const port = this.ports.of(frame)
    if (port === PORT_NONE) this.unplaced++
    this.inPort = port
    this.#packetKey.load(frame, packet, this.facts, port)
    this.#frame = frame
    this.#packet = packet
    this.#lastFrame = frame.number
    this.steps.length = 0
    this.stack = []
    this.#outputs = []
    this.#flow = this.#decider = null
    this.#isController = this.#isSuppressed = this.#isGone = this.#isTracked = false
    this.#reason = 'flow'
    this.#depth = this.#lookups = this.#actions = this.#rounds = 0
    this.resubmit(0, port)
  }

  resubmit(table: number, port: number): void {
    if (this.#depth === MOST_DEPTH || this.#lookups === MOST_LOOKUPS) {
      this.#drop('loop')
      return
    }
    this.#depth++
    this.#lookups++
    const { key } = this
    const before = key[IN_PORT]!
    key[IN_PORT] = port
    const flow = this.program.tables.get(table)?.lookup(key) ?? null
    key[IN_PORT] = before
    this.#meet(table, flow)
    this.#depth--
  }

  #meet(table: number, flow: Flow | null): void {
    this.#flow = flow
    this.#lastTable = table
    if (flow === null) {
      this.steps.push({ missed: table })
      this.#reason = 'no flow'
      return
    }
    const from = this.table
    this.table = table
    this.steps.push({ flow })
    this.#reason = 'flow'
    const { counters } = this
    const { id, actions } = flow
    counters[id * 2] = counters[id * 2]! + 1
    counters[id * 2 + 1] = counters[id * 2 + 1]! + this.#packetKey.length
    for (const action of actions) {
      if (this.#actions++ === MOST_ACTIONS) this.#drop('loop')
      if (this.#isGone) break
      action.run(this)
    }
    this.table = from
  }

  /** The packet is no more: nothing that has not been done to it is. */
  #drop(reason: FlowReason): void {
    this.#reason = reason
    this.#isGone = true
    if (reason === 'loop') this.#outputs = [] // Open vSwitch does nothing of what such flows say
  }

  output(port: number, isBack: boolean): void {
    if (port === this.key[IN_PORT] && !isBack) {
      this.#isSuppressed = true
      return
    }
    if (this.#outputs.length < MOST_OUTPUTS) this.#outputs.push(port)
    this.#decider ??= this.#flow
  }

  flood(): void {
    const from = this.key[IN_PORT]
    for (const port of this.ports.known) if (port !== from) this.output(port, false)
  }

  controller(): void {
    this.#isController = true
    this.#decider ??= this.#flow
  }

  /** Switches like any bridge: learns where the sender is, and sends to where the receiver was learned to be. */
  normal(): void {
    const { key } = this
    const frame = this.#frame
    const from = key[IN_PORT]!
    const vlan = key[VLAN_TCI]! & VLAN_ID
    const station = (word: number): number => key[word]! * 2 ** 32 + (key[word + 1]! >>> 0)
    if (key[DL_DST] === RESERVED_HIGH && (key[DL_DST + 1]! & ~0xf) === RESERVED_LOW) return
    if ((key[DL_SRC]! & GROUP) === 0) this.#stations.learn(vlan, station(DL_SRC), from, frame)
    const to = (key[DL_DST]! & GROUP) !== 0 ? null : this.#stations.find(vlan, station(DL_DST), frame)
    if (to === null) this.flood()
    else this.output(to, false)
  }

  ct(request: CtRequest): void {
    const packet = this.#packet
    if (packet === null || !this.#packetKey.isIp) return
    const { key } = this
    const zone = typeof request.zone === 'number' ? request.zone : readBits(key, request.zone)
    this.#prepare(request)
    const fate = this.#ct.execute(request, zone, this.#values)
    const { fields } = this.#ct
    this.steps.push({ zone, state: fields[CT_STATE - CT_FIRST]! })
    if (fate !== PASSED) {
      this.#drop(fate === DROPPED_BY_HELPER ? 'helper' : fate === DROPPED_BY_NAT ? 'nat' : 'conntrack')
      return
    }
    // Conntrack cuts what stands behind the packet, and puts fragments together.
    this.#packetKey.length = this.#packetKey.linkLength + packet.length
    if (request.table !== null) this.#fork(request.table)
    this.#isTracked = false
    key.fill(0, CT_FIRST, CT_END)
  }

  /** Works out what is to be set in the mark and the label. The key stays as it is. */
  #prepare({ exec }: CtRequest): void {
    if (exec.length === 0) return
    const { key } = this
    const values = this.#values
    const before = key.slice(CT_FIRST, CT_END)
    for (const action of exec) action.run(this)
    values[0] = key[CT_MARK]!
    for (let i = 0; i < LABEL_WORDS; i++) values[1 + i] = key[CT_LABEL + i]!
    key.set(before, CT_FIRST)
  }

  /** A copy of the packet goes on in a table with what conntrack said of it; what stands behind the ct action goes without. */
  #fork(table: number): void {
    if (this.#rounds === MOST_ROUNDS) {
      this.#drop('loop')
      return
    }
    const { key, stack } = this
    const depth = this.#depth
    const before = this.#keys[this.#nested] ??= new Int32Array(KEY_WORDS)
    before.set(key)
    const fork = this.#ct.fork(this.#nested)
    this.#nested++
    key.set(this.#ct.fields, CT_FIRST)
    if (this.facts.isTranslated) this.#packetKey.readdress(this.facts)
    if (stack.length > 0) this.stack = [...stack]
    this.#depth = 0
    this.#isTracked = true
    this.#rounds++
    this.resubmit(table, key[IN_PORT]!)
    this.#depth = depth
    this.#nested--
    this.#isGone = false
    this.stack = stack
    key.set(before)
    this.#ct.join(fork)
  }

  clearCt(): void {
    if (!this.#isTracked) return
    this.#isTracked = false
    this.#ct.clear()
    this.key.fill(0, CT_FIRST, CT_END)
  }
}
