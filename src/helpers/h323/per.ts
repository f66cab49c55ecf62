// ASN.1's packed encoding rules (aligned PER, ITU-T X.691), as far as H.323 needs them and as the kernel's decoder takes them:
// it trusts lengths to be whole, checks bounds behind a value rather than before, and steps over what it does not keep.
// Kernel: nf_conntrack_h323_asn1.c (v6.12).

import {
  ALIGNED, ALIGNED_LENGTH, BIG, BIT_STRING, BITS, BITS16, CHOICE, DIGITS, FIXED, LIST, LONG, NULL, OID, SEQUENCE, WIDE,
  type Field, type Type, type Types,
} from './notation.ts'

/** What was kept of a message. */
export class Value {
  /** Number of a CHOICE's alternative; the value of a number. */
  number = 0
  /** First byte of an OCTET STRING, in the buffer that was read. */
  at = 0
  readonly items: Value[] = []
  readonly #fields = new Map<string, Value>()

  get(name: string): Value | undefined { return this.#fields.get(name) }
  add(name: string, value: Value): void { this.#fields.set(name, value) }
}

// What decoding comes to. Kernel: H323_ERROR_NONE, …_STOP, …_BOUND and …_RANGE.
const DONE = 0
const STOPPED = 1
const BROKEN = -1

/** Reads one message. */
class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number
  /** Bits of the byte at `at` that are read. */
  #bit = 0

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** @param kept  where what is kept goes; null when this value is only stepped over */
  read(type: Type, kept: Value | null): number {
    switch (type.kind) {
      case NULL: return DONE
      case SEQUENCE: return this.#sequence(type, kept)
      case CHOICE: return this.#choice(type, kept)
      case LIST: return this.#list(type, kept)
      default: return this.#step(type, kept) && !this.#exceeds(0, 0) ? DONE : BROKEN
    }
  }

  /** So many bytes and bits further would be beyond the end. Kernel: nf_h323_error_boundary(). */
  #exceeds(bytes: number, bits: number): boolean {
    return this.#at + bytes + ((bits + this.#bit + 7) >>> 3) > this.#end
  }

  #byteAt(at: number): number { return this.#bytes[at] ?? 0 }

  #align(): void {
    if (this.#bit !== 0) this.#skipBytes(1)
    this.#bit = 0
  }

  #skipBytes(count: number): void { this.#at += count }

  #skipBits(count: number): void {
    this.#bit += count
    this.#at += this.#bit >>> 3
    this.#bit &= 7
  }

  /** Reads up to eight bits. */
  #bits(count: number): number {
    const word = (this.#byteAt(this.#at) << 8) | this.#byteAt(this.#at + 1)
    const value = (word >>> (16 - this.#bit - count)) & ((1 << count) - 1)
    this.#skipBits(count)
    return value
  }

  /**
   * Reads up to 32 bits, the first of them the highest of a word.
   * Where they end on the fourth byte's boundary, the kernel forgets to drop the bits before them: so do we.
   */
  #bitmap(count: number): number {
    if (count === 0) return 0
    const bit = this.#bit
    const at = this.#at
    const word = (this.#byteAt(at) << 24) | (this.#byteAt(at + 1) << 16) | (this.#byteAt(at + 2) << 8) | this.#byteAt(at + 3)
    const bits = bit + count === 32 ? word : (word << bit) | (this.#byteAt(at + 4) >>> (8 - bit))
    this.#skipBits(count)
    return bits & (0xffffffff << (32 - count))
  }

  /** Reads a length of 7 or 14 bits, where a byte begins. -1 when it is not there. */
  #length(): number {
    if (this.#exceeds(2, 0)) return -1
    const first = this.#byteAt(this.#at++)
    return first < 0x80 ? first : ((first & 0x3f) << 8) + this.#byteAt(this.#at++)
  }

  /** Reads the length of something wrapped, all of which must be there. -1 when it is not. */
  #wrapping(): number {
    const length = this.#length()
    return length < 0 || this.#exceeds(length, 0) ? -1 : length
  }

  /** Steps over a value that has no parts; false when it is cut short before its end is known. */
  #step(type: Type, kept: Value | null): boolean {
    const { kind, size, low } = type
    let length = low
    switch (kind) {
      case BITS:
        this.#skipBits(size)
        return true
      case ALIGNED:
        this.#align()
        this.#skipBytes(size)
        return true
      case LONG:
        return this.#long(low, kept)
      case BIG:
        this.#align()
        if ((length = this.#length()) < 0) return false
        break
      case OID:
        this.#align()
        if (this.#exceeds(1, 0)) return false
        length = this.#byteAt(this.#at++)
        break
      case BITS16:
        this.#align()
        if (this.#exceeds(2, 0)) return false
        length += (this.#byteAt(this.#at) << 8) + this.#byteAt(this.#at + 1)
        this.#skipBytes(2)
        this.#bit = length & 7
        length >>>= 3
        break
      case BIT_STRING:
        this.#align()
        if ((length = this.#length()) < 0) return false
        this.#bit = length & 7
        length >>>= 3
        break
      case FIXED:
        if (low > 2) this.#align()
        if (kept !== null) kept.at = this.#at
        break
      default:
        length = this.#count(size)
        if (length < 0) return false
        length += low
        if (kind === WIDE) length *= 2
        if (kind === DIGITS) {
          this.#skipBits(length * 4)
          return true
        }
    }
    this.#skipBytes(length)
    return true
  }

  /** Reads how many characters a string has. -1 when that is not there. */
  #count(size: number): number {
    const isAligned = size === ALIGNED_LENGTH
    if (isAligned) this.#align()
    const bits = isAligned ? 8 : size
    if (this.#exceeds(0, bits)) return -1
    const count = this.#bits(bits)
    this.#align()
    return count
  }

  /** One to four bytes. A number that is kept is stepped over twice: the kernel does. */
  #long(low: number, kept: Value | null): boolean {
    if (this.#exceeds(0, 2)) return false
    const length = this.#bits(2) + 1
    if (this.#exceeds(length, 0)) return false
    this.#align()
    if (kept !== null) {
      let value = 0
      for (let i = 0; i < length; i++) value = (value << 8) | this.#byteAt(this.#at++)
      kept.number = (value + low) >>> 0
    }
    this.#skipBytes(length)
    return true
  }

  #sequence({ fields, roots, optionals, extensible }: Type, kept: Value | null): number {
    if (this.#exceeds(0, 1)) return BROKEN
    const extended = extensible && this.#bits(1) === 1
    if (this.#exceeds(0, optionals)) return BROKEN
    const present = this.#bitmap(optionals)
    let optional = 0
    for (let i = 0; i < roots; i++) {
      const field = fields[i]
      if (field === undefined || field.stop) return STOPPED
      if (field.optional && ((0x80000000 >>> optional++) & present) === 0) continue
      if ((field.wrapped ? this.#wrapped(field, kept) : this.#field(field, kept)) === BROKEN) return BROKEN
    }
    return extended ? this.#extensions(fields, roots, kept) : DONE
  }

  #extensions(fields: readonly Field[], roots: number, kept: Value | null): number {
    if (this.#exceeds(0, 7)) return BROKEN
    const count = this.#bits(7) + 1
    if (this.#exceeds(0, count) || count > 32) return BROKEN
    const present = this.#bitmap(count)
    this.#align()
    for (let i = 0; i < count; i++) {
      const field = fields[roots + i]
      if (field === undefined) { // of a later version; the kernel takes it as present
        if (!this.#skipWrapped()) return BROKEN
      } else if (field.stop) {
        return STOPPED
      } else if (((0x80000000 >>> i) & present) !== 0 && this.#wrapped(field, kept) === BROKEN) {
        return BROKEN
      }
    }
    return DONE
  }

  #choice({ fields, roots, size, extensible }: Type, kept: Value | null): number {
    if (this.#exceeds(0, 1)) return BROKEN
    const extended = extensible && this.#bits(1) === 1
    if (this.#exceeds(0, extended ? 7 : size)) return BROKEN
    const number = extended ? this.#bits(7) + roots : this.#bits(size)
    if (!extended && number >= roots) return BROKEN
    if (kept !== null) kept.number = number
    const field = fields[number]
    if (field === undefined) {
      this.#align()
      return this.#skipWrapped() ? DONE : BROKEN
    }
    if (field.stop) return STOPPED
    if (!extended && !field.wrapped) return this.#field(field, kept) === BROKEN ? BROKEN : DONE
    this.#align()
    return this.#wrapped(field, kept)
  }

  #list({ fields: [item], most }: Type, kept: Value | null): number {
    this.#align()
    const length = this.#length()
    if (length < 0 || item === undefined) return BROKEN
    for (let i = 0; i < length; i++) {
      const own = kept !== null && i < most ? new Value() : null
      if (!item.wrapped) {
        if (this.read(item.type, own) === BROKEN) return BROKEN
      } else {
        this.#align()
        if (kept === null ? !this.#skipWrapped() : this.#inside(item.type, own) === BROKEN) return BROKEN
      }
      if (own !== null) kept?.items.push(own)
    }
    return DONE
  }

  /** Reads a field, and keeps it where it has a name. */
  #field({ name, type }: Field, kept: Value | null): number {
    if (kept === null || name === '') return this.read(type, null)
    const value = new Value()
    kept.add(name, value)
    return this.read(type, value)
  }

  #wrapped(field: Field, kept: Value | null): number {
    if (kept === null || field.name === '') return this.#skipWrapped() ? DONE : BROKEN
    const value = new Value()
    kept.add(field.name, value)
    return this.#inside(field.type, value)
  }

  /** Reads what stands wrapped, and goes on behind it wherever reading ended. */
  #inside(type: Type, kept: Value | null): number {
    const length = this.#wrapping()
    if (length < 0) return BROKEN
    const begin = this.#at
    if (this.read(type, kept) === BROKEN) return BROKEN
    this.#at = begin + length
    this.#bit = 0
    return DONE
  }

  #skipWrapped(): boolean {
    const length = this.#wrapping()
    if (length < 0) return false
    this.#skipBytes(length)
    return true
  }
}

/** Reads a message of a type. @returns null when it is malformed, or cut short */
export function decode(types: Types, name: string, bytes: Uint8Array, at: number, end: number): Value | null {
  const type = types.get(name)
  if (type === undefined) return null
  const value = new Value()
  return new Reader(bytes, at, end).read(type, value) === BROKEN ? null : value
}
