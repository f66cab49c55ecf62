// TCP segments as packetdrill writes them: `S. 0:0 ack 1 win 65535 <mss 1460,nop,wscale 7>`.
// Sequence numbers count from the side's own initial one, acks and SACK edges from the other side's; `@5` is 5 on the wire.

import { concat } from '../ip-packets.ts'
import { field, hexOf, Words } from './words.ts'

const FLAGS = 'FSRP.UEW' // bits from the lowest

/** A number on the circle: relative to where the side began, or as it is on the wire. */
export interface Seq {
  readonly value: number
  readonly absolute: boolean
}

export type TcpOption =
  | { readonly kind: 'nop' | 'eol' | 'sackOK' }
  | { readonly kind: 'mss' | 'wscale', readonly value: number }
  | { readonly kind: 'TS', readonly value: number, readonly echo: number }
  | { readonly kind: 'sack', readonly blocks: readonly (readonly [Seq, Seq])[] }
  | { readonly kind: 'raw', readonly bytes: Uint8Array }

export interface TcpSpec {
  readonly protocol: 'tcp'
  /** Letters of `FSRP.UEW`; empty: none. */
  readonly flags: string
  readonly seq: Seq
  /** Bytes of payload. */
  readonly length: number
  readonly ack?: Seq
  /** Default 65535. */
  readonly win?: number
  options?: readonly TcpOption[]
  /** Header length in words, where it is not to be the truth. */
  readonly doff?: number
}

/** Initial sequence numbers: the sender's, the other side's. */
export type Initial = readonly [own: number, other: number]

export const relative = (value: number): Seq => ({ value, absolute: false })
export const absolute = (value: number): Seq => ({ value, absolute: true })

export function parseTcp(words: Words): TcpSpec {
  const flags = words.take('flags')
  if (flags !== '-' && !new RegExp(`^[${FLAGS}]+$`).test(flags)) throw words.error(`"${flags}" are no TCP flags`)
  const range = words.match(/^(@?-?\d+):(@?-?\d+)$/)
  if (range === null) throw words.error('FROM:TO of the sequence numbers expected')
  const seq = parseSeq(range[1]!)
  const length = parseSeq(range[2]!).value - seq.value
  if (length < 0) throw words.error('the segment ends before it starts')
  const spec: { -readonly [K in keyof TcpSpec]: TcpSpec[K] } = { protocol: 'tcp', flags: flags === '-' ? '' : flags, seq, length }
  if (words.accept('ack')) spec.ack = parseSeq(words.take('ack'))
  const win = words.field('win')
  if (win !== undefined) spec.win = win
  const options = words.match(/^<(.*)>$/)
  if (options !== null) spec.options = options[1]!.split(',').map((text) => parseOption(new Words(text, words.line)))
  const doff = words.field('doff')
  if (doff !== undefined) spec.doff = doff
  return spec
}

export function printTcp(spec: TcpSpec): string {
  const { seq } = spec
  let text = `${(spec.flags === '' ? '-' : spec.flags).padEnd(2)} ${printSeq(seq)}:${printSeq({ ...seq, value: seq.value + spec.length })}`
  if (spec.ack !== undefined) text += ` ack ${printSeq(spec.ack)}`
  text += field('win', spec.win)
  if (spec.options !== undefined) text += ` <${spec.options.map(printOption).join(',')}>`
  return text + field('doff', spec.doff)
}

/** The segment, its checksum still zero. Ports are set by who knows the flow. */
export function tcpBytes(spec: TcpSpec, initial: Initial): Uint8Array {
  const options = concat(...(spec.options ?? []).map((option) => optionBytes(option, initial[1])))
  const padded = Math.ceil(options.length / 4) * 4
  const bytes = new Uint8Array(20 + padded + spec.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(4, onWire(spec.seq, initial[0]))
  view.setUint32(8, spec.ack === undefined ? 0 : onWire(spec.ack, initial[1]))
  bytes[12] = ((spec.doff ?? 5 + padded / 4) & 15) << 4
  for (const flag of spec.flags) bytes[13]! |= 1 << FLAGS.indexOf(flag)
  view.setUint16(14, spec.win ?? 65_535)
  bytes.set(options, 20)
  return bytes
}

function onWire({ value, absolute }: Seq, initial: number): number {
  return (absolute ? value : initial + value) >>> 0
}

function parseSeq(text: string): Seq {
  return text.startsWith('@') ? absolute(Number(text.slice(1))) : relative(Number(text))
}

function printSeq({ value, absolute }: Seq): string {
  return `${absolute ? '@' : ''}${String(value)}`
}

function parseOption(words: Words): TcpOption {
  const kind = words.take('option')
  switch (kind) {
    case 'nop': case 'eol': case 'sackOK': return { kind }
    case 'mss': case 'wscale': return { kind, value: words.number(kind) }
    case 'TS': return { kind, value: words.number('TS'), echo: words.number('TS') }
    case 'raw': return { kind, bytes: words.hex('raw') }
    case 'sack': {
      const blocks: [Seq, Seq][] = []
      while (!words.isDone) {
        const [left = '', right = ''] = words.take('block').split(':')
        blocks.push([parseSeq(left), parseSeq(right)])
      }
      return { kind, blocks }
    }
    default: throw words.error(`"${kind}" is no TCP option`)
  }
}

function printOption(option: TcpOption): string {
  switch (option.kind) {
    case 'nop': case 'eol': case 'sackOK': return option.kind
    case 'mss': case 'wscale': return `${option.kind} ${String(option.value)}`
    case 'TS': return `TS ${String(option.value)} ${String(option.echo)}`
    case 'raw': return `raw ${hexOf(option.bytes)}`
    case 'sack': return `sack ${option.blocks.map(([left, right]) => `${printSeq(left)}:${printSeq(right)}`).join(' ')}`
  }
}

function optionBytes(option: TcpOption, other: number): Uint8Array {
  switch (option.kind) {
    case 'eol': return Uint8Array.of(0)
    case 'nop': return Uint8Array.of(1)
    case 'mss': return Uint8Array.of(2, 4, option.value >>> 8, option.value)
    case 'wscale': return Uint8Array.of(3, 3, option.value)
    case 'sackOK': return Uint8Array.of(4, 2)
    case 'sack': return concat([5, 2 + option.blocks.length * 8], ...option.blocks.flat().map((edge) => thirtyTwo(onWire(edge, other))))
    case 'TS': return concat([8, 10], thirtyTwo(option.value), thirtyTwo(option.echo))
    case 'raw': return option.bytes
  }
}

function thirtyTwo(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
}
