// Random messages of the types in src/helpers/h323/types.ts, in aligned PER: mostly well-formed, with fields and extensions
// there or not, and addresses that are likely to matter.

import {
  ALIGNED, ALIGNED_LENGTH, BIG, BIT_STRING, BITS, BITS16, CHOICE, DIGITS, FIXED, LIST, LONG, NULL, OCTETS, OID, SEQUENCE, WIDE,
  type Field, type Type,
} from '../../../src/helpers/h323/notation.ts'
import type { Play } from '../play.ts'

const DEEP = 9 // from here on, what may be missing is

export class PerWriter {
  readonly #play: Play
  /** The address that fields named `ip` hold, and the port behind it. */
  readonly #address: () => Uint8Array
  /** Of a CHOICE with such an alternative, it is taken most of the time. */
  readonly #wanted: ReadonlySet<string>
  /** The ports written behind addresses. */
  readonly ports: number[] = []
  #bits: number[] = []
  #depth = 0
  #isBehindAddress = false

  constructor(play: Play, address: () => Uint8Array, wanted: ReadonlySet<string>) {
    this.#play = play
    this.#address = address
    this.#wanted = wanted
  }

  write(type: Type): Uint8Array {
    const before = this.#bits
    this.#bits = []
    this.#type(type)
    this.#align()
    const bytes = new Uint8Array(this.#bits.length / 8)
    this.#bits.forEach((bit, i) => { bytes[i >>> 3]! |= bit << (7 - (i & 7)) })
    this.#bits = before
    return bytes
  }

  #put(value: number, bits: number): void {
    for (let i = bits - 1; i >= 0; i--) this.#bits.push(i > 31 ? 0 : (value >>> i) & 1)
  }

  #align(): void {
    while ((this.#bits.length & 7) !== 0) this.#bits.push(0)
  }

  #random(bytes: number): void {
    for (let i = 0; i < bytes; i++) this.#put(this.#play.number(256), 8)
  }

  #length(length: number): void {
    if (length < 128) this.#put(length, 8)
    else this.#put(0x8000 | length, 16)
  }

  #wrapped(type: Type): void {
    this.#align()
    const bytes = type.kind === NULL ? new Uint8Array(1 + this.#play.number(3)) : this.write(type)
    this.#length(Math.max(bytes.length, 1))
    for (const byte of bytes.length === 0 ? [0] : bytes) this.#put(byte, 8)
  }

  #type(type: Type, name = ''): void {
    this.#depth++
    const play = this.#play
    const { kind, size, low } = type
    switch (kind) {
      case BITS: this.#put(play.number(2 ** Math.min(size, 30)), size); break
      case ALIGNED: {
        this.#align()
        const isPort = this.#isBehindAddress && size === 2
        const value = isPort ? play.port() : play.number(2 ** (8 * size))
        if (isPort) this.ports.push(value)
        this.#put(value, 8 * size)
        break
      }
      case LONG: {
        const length = play.number(4)
        this.#put(length, 2)
        this.#align()
        this.#random((length + 1) * (1 + play.number(2)))
        break
      }
      case BIG: case OID: {
        const length = play.number(6)
        this.#align()
        this.#put(length, 8)
        this.#random(length)
        break
      }
      case BITS16: case BIT_STRING: {
        const length = play.number(30)
        this.#align()
        this.#put(length, kind === BITS16 ? 16 : 8)
        this.#put(play.number(2 ** 30), length)
        break
      }
      case OCTETS: case WIDE: case DIGITS: {
        const length = play.number(4)
        if (size === ALIGNED_LENGTH) this.#align()
        this.#put(length, size === ALIGNED_LENGTH ? 8 : size)
        this.#align()
        if (kind === DIGITS) this.#put(0, (length + low) * 4)
        else this.#random((length + low) * (kind === WIDE ? 2 : 1))
        break
      }
      case FIXED: {
        if (low > 2) this.#align()
        const address = name === 'ip' ? this.#address() : null
        if (address?.length === low) for (const byte of address) this.#put(byte, 8)
        else this.#random(low)
        this.#isBehindAddress = name === 'ip'
        this.#depth--
        return
      }
      case SEQUENCE: this.#sequence(type); break
      case CHOICE: this.#choice(type); break
      case LIST: this.#list(type); break
    }
    this.#isBehindAddress = false
    this.#depth--
  }

  #sequence({ fields, roots, optionals, extensible }: Type): void {
    const play = this.#play
    const known = fields.slice(roots)
    const extended = extensible && (known.some(({ name }) => name !== '') ? !play.rarely(4) : play.rarely(6))
    if (extensible) this.#put(extended ? 1 : 0, 1)
    const present = Array.from({ length: optionals }, () => this.#depth < DEEP && !play.rarely(3))
    for (const is of present) this.#put(is ? 1 : 0, 1)
    let optional = 0
    for (const field of fields.slice(0, roots)) {
      if (field.stop) {
        this.#random(4)
        return
      }
      if (field.optional && present[optional++] !== true) continue
      if (field.wrapped) this.#wrapped(field.type)
      else this.#type(field.type, field.name)
    }
    if (extended) this.#extensions(known)
  }

  #extensions(known: readonly Field[]): void {
    const play = this.#play
    const count = Math.max(1, known.length + (play.rarely(6) ? play.number(4) - 1 : 0))
    const isKept = (i: number): boolean => (known[i]?.name ?? '') !== ''
    const present = Array.from({ length: count }, (_, i) => isKept(i) ? !play.rarely(4) : play.rarely(6))
    this.#put(count - 1, 7)
    for (const is of present) this.#put(is ? 1 : 0, 1)
    this.#align()
    for (let i = 0; i < count; i++) {
      const field = known[i]
      if (field?.stop === true) return
      if (field !== undefined && present[i] === true) this.#wrapped(field.type)
      else if (field === undefined) this.#length(0)
    }
  }

  #choice({ fields, roots, size, extensible }: Type): void {
    const play = this.#play
    const wanted = fields.findIndex(({ name }) => this.#wanted.has(name))
    let number = play.number(fields.length)
    for (let tries = 0; tries < 4 && fields[number]?.name === ''; tries++) number = play.number(fields.length)
    if (wanted >= 0 && !play.rarely(8)) number = wanted
    const field = fields[number]
    if (field === undefined) return
    const extended = number >= roots
    if (extensible) this.#put(extended ? 1 : 0, 1)
    this.#put(extended ? number - roots : number, extended ? 7 : size)
    if (field.stop) this.#random(3)
    else if (extended || field.wrapped) this.#wrapped(field.type)
    else this.#type(field.type, field.name)
  }

  #list({ fields: [item], most }: Type): void {
    if (item === undefined) return
    const count = this.#depth > DEEP ? 0 : this.#play.rarely(20) ? most + 1 : this.#play.number(3)
    this.#align()
    this.#length(count)
    for (let i = 0; i < count; i++) {
      if (item.wrapped) this.#wrapped(item.type)
      else this.#type(item.type, item.name)
    }
  }
}
