// The short notation for ASN.1 types that types.ts is written in (and explains), read once when the program loads.

// Kinds of type.
export const NULL = 0
export const BITS = 1 // a number of `size` bits
export const ALIGNED = 2 // a number of `size` whole bytes
export const LONG = 3 // a number whose length in bytes stands in two bits
export const BIG = 4 // a number, or bytes, behind its length
export const OID = 5
export const BITS16 = 6 // bits, their number in 16 bits
export const BIT_STRING = 7
export const OCTETS = 8 // bytes, their number in `size` bits
export const FIXED = 9 // `low` bytes
export const WIDE = 10 // characters of two bytes, their number in `size` bits
export const DIGITS = 11 // characters of four bits, their number in `size` bits
export const SEQUENCE = 12
export const CHOICE = 13
export const LIST = 14

/** The size of a length that is one whole byte, where a byte begins; any other is that many bits. */
export const ALIGNED_LENGTH = 256

export interface Type {
  readonly kind: number
  /** Bits, or bytes, of a number, a length or the choice of an alternative. */
  readonly size: number
  /** What a number or a length counts from. */
  readonly low: number
  readonly fields: readonly Field[]
  /** SEQUENCE, CHOICE: how many of the fields are no extensions. */
  readonly roots: number
  /** SEQUENCE: how many of those may be missing. */
  readonly optionals: number
  /** LIST: how many items are kept. */
  readonly most: number
  readonly extensible: boolean
}

/** A field of a SEQUENCE, an alternative of a CHOICE, the item of a LIST. */
export interface Field {
  /** Empty where the value is not kept. */
  readonly name: string
  readonly type: Type
  readonly optional: boolean
  readonly wrapped: boolean
  /** Reading ends here. */
  readonly stop: boolean
}

/** Types by name. */
export type Types = ReadonlyMap<string, Type>

function type(kind: number, more: Partial<Type> = {}): Type {
  return { kind, size: 0, low: 0, fields: [], roots: 0, optionals: 0, most: 0, extensible: false, ...more }
}

const NOTHING = type(NULL)

function field(of: Type, more: Partial<Field> = {}): Field {
  return { name: '', type: of, optional: false, wrapped: false, stop: false, ...more }
}

const SKIPPED = field(NOTHING, { wrapped: true })
const STOP = field(NOTHING, { stop: true })

/** A primitive type: its name, a number behind it, what it counts from. */
const PRIMITIVE = /^([a-z]+)(\d*)(?:\+(\d+))?$/
/** Primitives whose number says how many there are; of the others it is a size. */
const REPEATED = new Set(['null', 'bool', 'byte', 'word'])

/** @throws Error naming what cannot be read */
function primitive(token: string): Type {
  const [, name, digits = '', from = '0'] = PRIMITIVE.exec(token) ?? []
  const size = Number(digits)
  const low = Number(from)
  switch (name) {
    case 'null': return NOTHING
    case 'bool': return type(BITS, { size: 1 })
    case 'n': return type(BITS, { size })
    case 'byte': return type(ALIGNED, { size: 1 })
    case 'word': return type(ALIGNED, { size: 2 })
    case 'long': return type(LONG, { low })
    case 'big': return type(BIG)
    case 'oid': return type(OID)
    case 'bits': return type(digits === '16' ? BITS16 : BIT_STRING)
    case 'fixed': return type(FIXED, { low: size })
    case 'octets': return digits === '' ? type(BIG) : type(OCTETS, { size, low })
    case 'wide': return type(WIDE, { size, low })
    case 'digits': return type(DIGITS, { size, low })
    default: throw new Error(`notation: "${token}" is no type`)
  }
}

const TOKEN = /\.\.\.|\.\d*|!\d*|\*\d*|[A-Za-z]\w*(?:\+\d+)?:?|[(){}[\]|?]/g

/**
 * Reads types, one a definition; a line that begins with a blank goes on with the one before.
 * @throws  Error naming the first thing that cannot be read
 */
export function parseTypes(text: string): Types {
  const sources = new Map<string, string>()
  for (const definition of text.split(/\n(?=\S)/)) {
    const [, name = '', body = ''] = /^(\w+)\s+([^]*)$/.exec(definition.trim()) ?? []
    if (name !== '') sources.set(name, body)
  }
  const types = new Map<string, Type>()
  function named(name: string): Type {
    let known = types.get(name)
    if (known === undefined) {
      const source = sources.get(name)
      if (source === undefined) throw new Error(`notation: no type ${name}`)
      types.set(name, known = new Parser(source, named).whole())
    }
    return known
  }
  for (const name of sources.keys()) named(name)
  return types
}

class Parser {
  readonly #tokens: readonly string[]
  readonly #named: (name: string) => Type
  #at = 0

  constructor(source: string, named: (name: string) => Type) {
    this.#tokens = source.match(TOKEN) ?? []
    this.#named = named
    const left = source.replace(TOKEN, '').trim()
    if (left !== '') throw new Error(`notation: "${left}"`)
  }

  whole(): Type {
    const [one] = this.#field()
    if (one === undefined || this.#at !== this.#tokens.length) throw new Error(`notation: ${this.#tokens.join(' ')}`)
    return one.type
  }

  #peek(): string { return this.#tokens[this.#at] ?? '' }

  #take(wanted: string): boolean {
    if (this.#peek() !== wanted) return false
    this.#at++
    return true
  }

  #expect(wanted: string): void {
    if (!this.#take(wanted)) throw new Error(`notation: "${this.#peek()}" instead of "${wanted}" in ${this.#tokens.join(' ')}`)
  }

  /** One field, or several where a number says so. */
  #field(): Field[] {
    const name = this.#peek().endsWith(':') ? this.#next().slice(0, -1) : ''
    const wrapped = this.#take('[')
    const token = this.#peek()
    const repeated = REPEATED.has(token.replace(/\d+$/, '')) ? Number(/\d+$/.exec(token)?.[0] ?? 1) : 1
    let of = wrapped && token === ']' ? NOTHING : this.#type()
    if (wrapped) this.#expect(']')
    let isList = false
    if (this.#peek().startsWith('*')) {
      isList = true
      of = type(LIST, { fields: [field(of, { wrapped })], most: Number(this.#next().slice(1)) })
    }
    const optional = this.#take('?')
    return new Array<Field>(repeated).fill(field(of, { name, optional, wrapped: wrapped && !isList }))
  }

  #next(): string { return this.#tokens[this.#at++] ?? '' }

  #type(): Type {
    if (this.#take('(')) return this.#members(')', SEQUENCE)
    if (this.#take('{')) return this.#members('}', CHOICE)
    const token = this.#next()
    return /^[A-Z]/.test(token) ? this.#named(token) : primitive(token)
  }

  /** The fields of a SEQUENCE, or the alternatives of a CHOICE. */
  #members(end: string, kind: number): Type {
    const fields: Field[] = []
    let roots = -1
    let hidden = 0 // optional fields behind a stop
    while (!this.#take(end)) {
      if (this.#take('...')) roots = fields.length
      else if (this.#peek().startsWith('!')) {
        const count = Number(this.#next().slice(1))
        if (kind === SEQUENCE) hidden = count
        fields.push(...new Array<Field>(kind === SEQUENCE ? 1 : Math.max(count, 1)).fill(STOP))
      } else if (this.#peek().startsWith('.')) fields.push(...new Array<Field>(Number(this.#next().slice(1)) || 1).fill(SKIPPED))
      else fields.push(...this.#field())
      if (kind === CHOICE && this.#peek() !== end) this.#expect('|')
    }
    const extensible = roots >= 0
    if (!extensible) roots = fields.length
    const optionals = kind === SEQUENCE ? hidden + fields.slice(0, roots).filter(({ optional }) => optional).length : 0
    return type(kind, { fields, roots, optionals, extensible, size: kind === CHOICE ? Math.ceil(Math.log2(roots)) : 0 })
  }
}
