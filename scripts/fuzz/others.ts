// Random packets of everything but TCP: few tags, identifiers and lengths, so that they meet.

import type { Chunk } from '../../test/support/script/sctp.ts'
import type { Flow } from '../../test/support/script/script.ts'
import type { Random } from '../lib/random.ts'
import type { Draft, Scene } from './scene.ts'

const direction = (random: Random): number => (random.percent(55) ? 0 : 1)

export function udpStep({ random }: Scene, flow: Flow): Draft {
  const protocol = flow.protocol === 'udp' ? 'udp' : 'udplite'
  const length = random.pick([0, 0, 1, 20, 100, random.below(1500)])
  const says = random.percent(12) ? random.pick([0, 1, 7, 8, 9, 8 + length - 1, 8 + length, 8 + length + 1, 65_535]) : undefined
  return {
    flow: flow.name, dir: direction(random), payload: says === undefined ? { protocol, length } : { protocol, length, says },
    ...(random.percent(6) ? { checksum: random.percent(50) ? 'bad' : 'none' } : {}), ...cut(random),
  }
}

const QUERIES = [
  'echo-request', 'echo-request', 'echo-request', 'echo-reply', 'echo-reply', '13/0', '14/0', '17/0', '18/0', 'information-request',
  'information-reply', '10/0', '9/0',
]

export function icmpStep({ random }: Scene, flow: Flow): Draft {
  const message = random.percent(90) ? random.pick(QUERIES) : `${String(random.below(256))}/${String(random.below(3))}`
  return {
    flow: flow.name, dir: direction(random),
    payload: { protocol: 'icmp', message, id: random.below(3), length: random.below(30) },
    ...(random.percent(4) ? { checksum: 'bad' } : {}), ...cut(random),
  }
}

const ERRORS = [
  'host-unreachable', 'port-unreachable', 'too-big', 'time-exceeded', 'parameter-problem', 'redirect', '4/0', '5/1', '127/0', '100/0',
]

/** An error about a packet that was sent, or about one that never was. */
export function icmpError(scene: Scene, flow: Flow): Draft {
  const { random, steps } = scene
  const about = random.weighted([[steps.length, 4], [1 + random.below(steps.length), 6]])
  const payload = {
    protocol: 'icmp' as const, message: random.pick(ERRORS), about,
    ...(random.percent(30) ? { quote: random.below(80) } : {}), ...(random.percent(15) ? { from: random.between(1, 5) } : {}),
    ...(random.percent(15) ? { to: random.between(1, 5) } : {}), ...(random.percent(20) ? { length: random.below(100) } : {}),
  }
  return { flow: flow.name, dir: direction(random), payload, ...cut(random) }
}

const TAGS = [0, 1, 2, 3]
const HANDSHAKE = ['INIT', 'INIT_ACK', 'COOKIE_ECHO', 'COOKIE_ACK']
const CHUNKS = [
  ...HANDSHAKE, 'DATA', 'SACK', 'HEARTBEAT', 'HEARTBEAT_ACK', 'ABORT', 'SHUTDOWN', 'SHUTDOWN_ACK', 'SHUTDOWN_COMPLETE', 'ERROR',
  '64', '193',
]

export function sctpStep({ random, steps }: Scene, flow: Flow): Draft {
  // A handshake that works, now and then: tags 1 and 2.
  const sent = steps.filter((step) => step.flow === flow.name).length
  if (sent < 4 && random.percent(70)) {
    const chunk: Chunk = { type: HANDSHAKE[sent]!, ...(sent === 0 ? { initTag: 1 } : sent === 1 ? { initTag: 2 } : {}) }
    return { flow: flow.name, dir: sent & 1, payload: { protocol: 'sctp', tag: [0, 1, 2, 1][sent]!, chunks: [chunk] } }
  }
  const dir = direction(random)
  const tag = random.percent(60) ? (dir === 0 ? 2 : 1) : random.pick(TAGS)
  const chunks = Array.from({ length: random.weighted([[1, 80], [2, 12], [3, 6], [0, 2]]) }, (): Chunk => {
    const type = random.pick(CHUNKS)
    return {
      type, ...(type.startsWith('INIT') ? { initTag: random.pick(TAGS) } : {}), ...(random.percent(15) ? { flags: random.below(2) } : {}),
      ...(random.percent(4) ? { says: random.pick([0, 1, 3, 4, 5, 7, 8, 19, 20, 100, 65_535]) } : {}),
    }
  })
  return {
    flow: flow.name, dir, payload: { protocol: 'sctp', tag: chunks[0]?.type === 'INIT' && random.percent(80) ? 0 : tag, chunks },
    ...(random.percent(2) ? { checksum: 'bad' } : {}), ...cut(random),
  }
}

const DCCP = ['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'DATAACK', 'CLOSEREQ', 'CLOSE', 'RESET', 'SYNC', 'SYNCACK']
const OPENING = ['REQUEST', 'RESPONSE', 'ACK', 'DATAACK']

export function dccpStep({ random, steps }: Scene, flow: Flow): Draft {
  const sent = steps.filter((step) => step.flow === flow.name).length
  if (sent < 4 && random.percent(70)) {
    const payload = { protocol: 'dccp' as const, type: OPENING[sent]!, seq: 10 + sent, ...(sent > 0 ? { ack: 9 + sent } : {}) }
    return { flow: flow.name, dir: sent & 1, payload }
  }
  const type = random.percent(96) ? random.pick(DCCP) : String(random.below(16))
  return {
    flow: flow.name, dir: direction(random),
    payload: {
      protocol: 'dccp', type, seq: random.pick([0, 9, 10, 11, 12, 2 ** 47]),
      ...(random.percent(70) ? { ack: random.pick([0, 9, 10, 11, 12]) } : {}),
      ...(random.percent(6) ? { short: true } : {}), ...(random.percent(3) ? { doff: random.below(10) } : {}),
      ...(random.percent(5) ? { coverage: random.below(16) } : {}),
    },
    ...(random.percent(2) ? { checksum: 'bad' } : {}), ...cut(random),
  }
}

export function greStep({ random }: Scene, flow: Flow): Draft {
  const version = random.weighted([[0, 10], [1, 8], [2, 1], [7, 1]])
  return {
    flow: flow.name, dir: direction(random),
    payload: {
      protocol: 'gre', version, length: random.below(30), ...(version === 1 ? { key: random.below(3) } : {}),
      ...(random.percent(10) ? { type: random.pick([0x880b, 0x0800, 0x6558]) } : {}),
    }, ...cut(random),
  }
}

/** Any bytes of a protocol without a tracker. */
export function rawStep({ random }: Scene, flow: Flow): Draft {
  const bytes = Uint8Array.from({ length: random.below(40) }, () => random.below(256))
  return { flow: flow.name, dir: direction(random), payload: { protocol: 'raw', bytes } }
}

/** Headers that are cut, now and then. */
export function cut(random: Random): { cut?: number } {
  return random.percent(3) ? { cut: random.below(24) } : {}
}
