// One entry from one line of words: /proc/net/nf_conntrack, /proc/net/ip_conntrack, `conntrack -L` with any -o that makes lines.
// Read byte by byte into the entries' array: a million lines make no garbage but for what only few lines have.

import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../base/units.ts'
import {
  ADDRESSES, AGE, ASSURED, type Entries, type Extra, HAS_AGE, HAS_COUNTERS, HAS_ID, HAS_PORTS, HAS_TIMEOUT, HW_OFFLOAD, ID, IS_IPV6, MARK,
  OFFLOAD, PORTS, PROTO, SEEN_REPLY, STATE, TIMEOUT, USE, ZONE_ORIGINAL, ZONE_REPLY,
} from '../entries.ts'
import { Bytes } from './bytes.ts'

const SPACE = 32
const COMMA = 44
const EQUALS = 61
const OPEN = 91
const CLOSE = 93

/** Reads lines into entries. One for a file: names it has seen are looked up, not made anew. */
export class LineParser {
  readonly #text = new Bytes()
  #entries: Entries
  #base = 0
  #flags = 0
  /** Which tuple is being filled: -1 before the first, 0 original, 1 reply. */
  #direction = -1
  /** Addresses read so far: two a direction. */
  #addresses = 0
  #counters = 0
  #isBehindTuples = false
  #zone = 0
  #extra: Extra | undefined
  #gre = 0
  /** Why the line cannot be read; empty while it can. */
  #why = ''

  constructor(entries: Entries) {
    this.#entries = entries
  }

  /** Further entries go here. */
  set entries(entries: Entries) { this.#entries = entries }

  /**
   * Reads one line into the entries.
   *
   * @param isCut  the file ends with this line, without a line end: only one that is whole as far as can be seen is taken
   * @returns      why it cannot be read; empty when it was
   */
  read(bytes: Uint8Array, from: number, to: number, isCut: boolean): string {
    const text = this.#text.at(bytes, from, to)
    this.#base = this.#entries.begin()
    this.#flags = SEEN_REPLY
    this.#direction = -1
    this.#addresses = 0
    this.#counters = 0
    this.#isBehindTuples = false
    this.#zone = 0
    this.#extra = undefined
    this.#gre = 0
    this.#why = ''
    const protocol = this.#head(text)
    if (protocol < 0) return 'does not begin like an entry'
    while (this.#why === '' && text.nextWord(SPACE)) this.#word(text, protocol)
    if (this.#why !== '') return this.#why
    if (this.#addresses < 4) return 'ends before both directions are told'
    if (isCut && !text.has('use=')) return 'is cut short'
    const { words } = this.#entries
    words[this.#base + PROTO] = protocol | this.#flags | (this.#counters === 4 ? HAS_COUNTERS : 0)
    words[this.#base + STATE] = (words[this.#base + STATE] ?? 0) | (this.#zone << 16)
    this.#entries.keep(this.#extra)
    return ''
  }

  /** The family where it is told, the protocol and its number, the timeout. @returns the protocol, -1 when the line is no entry */
  #head(text: Bytes): number {
    if (!text.nextWord(SPACE)) return -1
    if (text.is('ipv4') || text.is('ipv6')) {
      if (!text.nextWord(SPACE) || text.number() === null || !text.nextWord(SPACE)) return -1
    }
    const named = text.intern()
    if (!text.nextWord(SPACE)) return -1
    const number = text.number()
    if (number === null || number > 255) return -1
    return /^[a-z][a-z0-9-]*$/.test(named) ? number : -1
  }

  #word(text: Bytes, protocol: number): void {
    const equals = text.find(EQUALS)
    if (text.first === OPEN) this.#flag(text)
    else if (equals >= 0) this.#field(text, equals, protocol)
    else if (this.#direction < 0 && this.#extra === undefined) this.#bare(text)
    else this.#keepWord(text)
  }

  /** The timeout, or the state's name. */
  #bare(text: Bytes): void {
    const { words } = this.#entries
    const number = text.number()
    if (number !== null && (this.#flags & HAS_TIMEOUT) === 0) {
      this.#flags |= HAS_TIMEOUT
      words[this.#base + TIMEOUT] = number
    } else if (number === null && (words[this.#base + STATE] ?? 0) === 0) {
      words[this.#base + STATE] = this.#entries.stateNumber(text.intern())
    } else this.#keepWord(text)
  }

  #flag(text: Bytes): void {
    // [start=Sat Nov 21 07:29:34 2026]: one word in brackets, blanks and all
    while (text.last !== CLOSE && text.extendWord(SPACE)) { /* go on */ }
    if (text.is('[UNREPLIED]')) this.#flags &= ~SEEN_REPLY
    else if (text.is('[ASSURED]')) this.#flags |= ASSURED
    else if (text.is('[OFFLOAD]')) this.#flags |= OFFLOAD
    else if (text.is('[HW_OFFLOAD]')) this.#flags |= HW_OFFLOAD
    else this.#keepWord(text)
  }

  #field(text: Bytes, equals: number, protocol: number): void {
    if (text.keyIs('src', equals)) this.#address(text, equals, 0)
    else if (text.keyIs('dst', equals)) this.#address(text, equals, 1)
    else if (this.#direction < 0) this.#greTimeout(text, equals)
    else if (text.keyIs('sport', equals) || text.keyIs('srckey', equals)) this.#port(text, equals, 16, 0xffff)
    else if (text.keyIs('dport', equals) || text.keyIs('dstkey', equals)) this.#port(text, equals, 0, 0xffff)
    else if (text.keyIs('packets', equals)) this.#count(text, equals, 0)
    else if (text.keyIs('bytes', equals)) this.#count(text, equals, 1)
    else if (text.keyIs('mark', equals)) this.#put(text, equals, MARK, 0)
    else if (text.keyIs('use', equals)) this.#put(text, equals, USE, 0)
    else if (text.keyIs('zone', equals)) this.#takeZone(text, equals, 0)
    else if (text.keyIs('type', equals)) this.#port(text, equals, 8, 0xff)
    else if (text.keyIs('code', equals)) this.#port(text, equals, 0, 0xff)
    else if (text.keyIs('id', equals)) this.#id(text, equals, protocol)
    else if (text.keyIs('delta-time', equals)) this.#put(text, equals, AGE, HAS_AGE)
    else if (text.keyIs('zone-orig', equals)) this.#takeZone(text, equals, ZONE_ORIGINAL)
    else if (text.keyIs('zone-reply', equals)) this.#takeZone(text, equals, ZONE_REPLY)
    else this.#rare(text, equals)
  }

  #rare(text: Bytes, equals: number): void {
    if (text.keyIs('secctx', equals)) this.#extras().secctx = text.string(equals + 1)
    else if (text.keyIs('helper', equals)) this.#extras().helper = text.string(equals + 1)
    else if (text.keyIs('labels', equals)) this.#extras().labels = text.string(equals + 1)
    else this.#keepWord(text)
  }

  #address(text: Bytes, equals: number, end: number): void {
    if (end === 0) this.#direction++
    if (this.#direction > 1 || this.#addresses !== this.#direction * 2 + end) {
      this.#why = 'has its addresses in no order'
      return
    }
    const at = this.#base + ADDRESSES + this.#addresses * 4
    const family = text.address(equals + 1, this.#entries.words, at)
    if (family < 0) {
      this.#why = `has an address that is none: ${text.string(0)}`
      return
    }
    const flag = family === 6 ? IS_IPV6 : 0
    if (this.#addresses > 0 && (this.#flags & IS_IPV6) !== flag) this.#why = 'has addresses of two families'
    this.#flags |= flag
    this.#addresses++
  }

  #port(text: Bytes, equals: number, shift: number, most: number): void {
    const number = text.number(equals + 1)
    if (number === null || number > most || this.#direction > 1) {
      this.#why = `has a number that cannot be: ${text.string(0)}`
      return
    }
    const at = this.#base + PORTS + this.#direction
    this.#entries.words[at] = (this.#entries.words[at] ?? 0) | (number << shift)
    this.#flags |= HAS_PORTS
  }

  /** ICMP's, in a tuple; or the entry's, behind the tuples. */
  #id(text: Bytes, equals: number, protocol: number): void {
    const isIcmp = protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6
    if (isIcmp && !this.#isBehindTuples) this.#port(text, equals, 16, 0xffff)
    else this.#put(text, equals, ID, HAS_ID)
  }

  #count(text: Bytes, equals: number, what: number): void {
    const number = text.number(equals + 1)
    if (number === null) this.#why = `has a number that cannot be: ${text.string(0)}`
    else this.#entries.counters[this.#entries.length * 4 + this.#direction * 2 + what] = number
    this.#counters++
  }

  #put(text: Bytes, equals: number, word: number, flag: number): void {
    const number = text.number(equals + 1)
    if (number === null || number > 0xffffffff) {
      this.#keepWord(text)
      return
    }
    this.#isBehindTuples = true
    this.#entries.words[this.#base + word] = number
    this.#flags |= flag
  }

  #takeZone(text: Bytes, equals: number, flag: number): void {
    const number = text.number(equals + 1)
    if (number === null || number > 0xffff) this.#why = `has a number that cannot be: ${text.string(0)}`
    else this.#zone = number
    this.#flags |= flag
  }

  /** `timeout=30, stream_timeout=180` in front of the tuples. */
  #greTimeout(text: Bytes, equals: number): void {
    const end = text.last === COMMA ? 1 : 0
    const number = text.number(equals + 1, end)
    const extra = this.#extras()
    if (number !== null && this.#gre === 0 && text.keyIs('timeout', equals)) {
      extra.greTimeouts = { unreplied: number, stream: 0 }
      this.#gre++
    } else if (number !== null && this.#gre === 1 && text.keyIs('stream_timeout', equals) && extra.greTimeouts !== undefined) {
      extra.greTimeouts.stream = number
      this.#gre++
    } else this.#keepWord(text)
  }

  #keepWord(text: Bytes): void {
    const extra = this.#extras()
    const word = text.string(0)
    extra.rest = extra.rest === undefined ? word : `${extra.rest} ${word}`
  }

  #extras(): Extra { return this.#extra ??= {} }
}
