// Random scripts, each from a seed of its own.

import type { Variant } from '../../test/support/script/compile.ts'
import type { Flow, Piece, Script } from '../../test/support/script/script.ts'
import { Random } from '../lib/random.ts'
import { cut, dccpStep, greStep, icmpError, icmpStep, rawStep, sctpStep, udpStep } from './others.ts'
import { type Draft, Scene } from './scene.ts'
import { tcpStep } from './tcp.ts'

export interface GenerateOptions {
  /** Packets in a script, about. */
  readonly length: number
  /** Time goes by between packets, near to timeouts too. */
  readonly isTimed: boolean
  /** With DCCP: kernels since 6.16 have no tracker for it. */
  readonly withDccp: boolean
  /** Sysctls for it; default: now and then another one. */
  readonly knobs?: readonly string[]
}

export interface Generated {
  readonly script: Script
  readonly variant: Variant
}

const KINDS = [
  ['tcp', 50], ['udp', 8], ['udplite', 3], ['icmp', 6], ['sctp', 16], ['gre', 6], ['99', 1], ['dccp', 10],
] as const satisfies readonly (readonly [string, number])[]

const STEPS: Readonly<Record<string, (scene: Scene, flow: Flow) => Draft>> = {
  tcp: tcpStep, udp: udpStep, udplite: udpStep, icmp: icmpStep, sctp: sctpStep, gre: greStep, dccp: dccpStep, 99: rawStep,
}

/** Timeouts of 6.12 that a pause may come near to. */
const TIMEOUTS = [2, 3, 10, 30, 60, 120, 210, 300]

/** A random script. @param net  tells its addresses from those of others, 16 bits */
export function generate(seed: number, net: number, options: GenerateOptions): Generated {
  const random = new Random(seed)
  const variant: Variant = { isIpv6: random.percent(40), net, initial: [initial(random), initial(random)] }
  const scene = new Scene(random, variant, options.knobs ?? someKnobs(random))
  const count = random.weighted([[1, 7], [2, 2], [3, 1]])
  for (let i = 0; i < count; i++) scene.addFlow(someFlow(random, i, options.withDccp))
  const length = Math.ceil(options.length * (0.5 + random.below(100) / 100))
  while (scene.steps.length < length) {
    if (options.isTimed) scene.now = Math.round((scene.now + pause(random)) * 1000) / 1000
    addStep(scene, random.pick(scene.flows))
  }
  return { script: scene.script(), variant }
}

function addStep(scene: Scene, flow: Flow): void {
  const { random, steps } = scene
  if (steps.length > 0 && random.percent(flow.protocol === 'tcp' ? 4 : 12)) {
    if (random.percent(20)) scene.add(STEPS[flow.protocol]!(scene, flow), false) // what nobody sent
    scene.add(icmpError(scene, flow))
    return
  }
  const last = steps.findLast((step) => step.flow === flow.name && step.at !== null)
  if (last !== undefined && random.percent(10)) {
    for (let i = random.between(1, 4); i > 0; i--) scene.add(last)
    return
  }
  const draft: Draft = { ...STEPS[flow.protocol]!(scene, flow), ...(random.percent(1) ? cut(random) : {}) }
  if (random.percent(3) && draft.cut === undefined) addPieces(scene, draft)
  else scene.add(draft)
}

/** The packet as fragments: in any order, now and then one twice, or one missing. */
function addPieces(scene: Scene, draft: Draft): void {
  const { random } = scene
  const id = scene.steps.length + 1
  const ends = [0, ...[8, 16, 24, 32, 40].filter(() => random.percent(40)), 65_528]
  const pieces: Piece[] = ends.slice(0, -1).map((from, i) => ({ id, from, to: ends[i + 1]! }))
  if (random.percent(15)) pieces.push(random.pick(pieces))
  if (random.percent(15)) pieces.pop()
  if (random.percent(10)) pieces.push({ id, from: random.below(5) * 8, to: random.below(60), more: random.percent(50) })
  for (const piece of random.percent(60) ? pieces : random.shuffle(pieces)) if (piece.to > piece.from) scene.add({ ...draft, piece })
}

function someFlow(random: Random, i: number, withDccp: boolean): Flow {
  const protocol = random.weighted(KINDS.filter(([kind]) => withDccp || kind !== 'dccp'))
  const hasPorts = !['icmp', 'gre', '99'].includes(protocol)
  const ports = hasPorts ? [random.between(1024, 65_535), random.pick([80, 443, 5060, 7, 0])] as const : [0, 0] as const
  return { name: 'abc'[i]!, protocol, ends: [{ host: 1, port: ports[0] }, { host: 2, port: ports[1] }], id: 0 }
}

/** Anywhere, or close before the wrap or the half of the circle. */
function initial(random: Random): number {
  return random.weighted([[random.word(), 4], [-random.below(5000), 3], [2 ** 31 - random.below(5000), 2], [random.below(1000), 1]]) >>> 0
}

/** Sysctls that are not the default, now and then. */
export function someKnobs(random: Random): string[] {
  const knobs: string[] = []
  const add = (percent: number, name: string, values: readonly number[]): void => {
    if (random.percent(percent)) knobs.push(`net.netfilter.nf_conntrack_${name}=${String(random.pick(values))}`)
  }
  add(12, 'tcp_loose', [0])
  add(8, 'tcp_be_liberal', [1])
  add(10, 'tcp_ignore_invalid_rst', [1])
  add(10, 'tcp_max_retrans', [0, 1, 2, 5, 255])
  add(8, 'checksum', [1])
  return knobs
}

/** Seconds. */
function pause(random: Random): number {
  return random.weighted([
    [0, 30], [random.below(1000) / 1000, 40], [random.below(20), 15],
    [random.pick(TIMEOUTS) + random.pick([-1, 0, 0, 1]) + random.pick([-0.001, 0, 0.001]), 12], [random.below(400), 3],
  ])
}
