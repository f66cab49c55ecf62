// The targets of iptables: their options, and what they come to.

import { helperNumber } from '../../helpers/registry.ts'
import type { Target } from '../target.ts'
import { ConnmarkTarget, CtTarget, MarkTarget, passed, PASSED, TosTarget, VERDICTS } from '../targets.ts'
import type { Surroundings, Take, TargetReader } from './module.ts'
import { NatReader } from './nat-readers.ts'
import { readMarked, readNumber, RuleProblem } from './values.ts'

const U32 = 2 ** 32 - 1
const DEFAULT_MASK = U32

/** A target whose options change nothing that is shown here; each takes one word unless it is named. */
class Passed implements TargetReader {
  readonly #target: Target
  readonly #options: readonly string[]
  readonly #switches: readonly string[]

  constructor(target: Target, options: readonly string[], switches: readonly string[] = []) {
    this.#target = target
    this.#options = options
    this.#switches = switches
  }

  option(name: string, _isInverted: boolean, take: Take): boolean {
    if (this.#switches.includes(name)) return true
    if (!this.#options.includes(name)) return false
    take()
    return true
  }

  make(): Target { return this.#target }
}

const LOG_OPTIONS = ['--log-level', '--log-prefix', '--nflog-group', '--nflog-prefix', '--nflog-range', '--nflog-size', '--nflog-threshold',
  '--ulog-nlgroup', '--ulog-prefix', '--ulog-cprange', '--ulog-qthreshold', '--set-mss', '--set-class', '--type']
const LOG_SWITCHES = ['--log-tcp-sequence', '--log-tcp-options', '--log-ip-options', '--log-uid', '--log-macdecode', '--clamp-mss-to-pmtu',
  '--checksum-fill']

class MarkReader implements TargetReader {
  #target: MarkTarget | null = null

  option(name: string, _isInverted: boolean, take: Take): boolean {
    if (!/^--(set-xmark|set-mark|and-mark|or-mark|xor-mark)$/.test(name)) return false
    const { value, mask } = readMarked(take())
    switch (name) {
      case '--set-xmark': this.#target = new MarkTarget(value, mask); break
      case '--set-mark': this.#target = new MarkTarget(value, (mask | value) >>> 0); break
      case '--and-mark': this.#target = new MarkTarget(0, ~value); break
      case '--or-mark': this.#target = new MarkTarget(value, value); break
      default: this.#target = new MarkTarget(value, 0)
    }
    return true
  }

  make(): Target {
    if (this.#target === null) throw new RuleProblem('MARK without a mark')
    return this.#target
  }
}

class ConnmarkReader implements TargetReader {
  #mode: ConnmarkTarget['mode'] | null = null
  #value = 0
  #ctmask = DEFAULT_MASK
  #nfmask = DEFAULT_MASK

  option(name: string, _isInverted: boolean, take: Take): boolean {
    switch (name) {
      case '--set-xmark': return this.#set(take(), (value, mask) => [value, mask])
      case '--set-mark': return this.#set(take(), (value, mask) => [value, (mask | value) >>> 0])
      case '--and-mark': return this.#set(take(), (value) => [0, ~value])
      case '--or-mark': return this.#set(take(), (value) => [value, value])
      case '--xor-mark': return this.#set(take(), (value) => [value, 0])
      case '--save-mark': this.#mode = 'save'; return true
      case '--restore-mark': this.#mode = 'restore'; return true
      case '--mask': this.#ctmask = this.#nfmask = readNumber(take(), U32, 'mask'); return true
      case '--ctmask': this.#ctmask = readNumber(take(), U32, 'mask'); return true
      case '--nfmask': this.#nfmask = readNumber(take(), U32, 'mask'); return true
      default: return false
    }
  }

  #set(text: string, form: (value: number, mask: number) => [value: number, mask: number]): true {
    const { value, mask } = readMarked(text)
    this.#mode = 'set'
    ;[this.#value, this.#ctmask] = form(value, mask)
    return true
  }

  make(): Target {
    if (this.#mode === null) throw new RuleProblem('CONNMARK that neither sets, saves nor restores')
    return new ConnmarkTarget(this.#mode, this.#value, this.#ctmask, this.#nfmask)
  }
}

class CtReader implements TargetReader {
  readonly #surroundings: Surroundings
  #isNotrack = false
  #helper = ''
  #zone = 0

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  option(name: string, _isInverted: boolean, take: Take): boolean {
    switch (name) {
      case '--notrack': this.#isNotrack = true; return true
      case '--helper': this.#helper = take(); return true
      case '--zone': this.#zone = readNumber(take(), 65_535, 'zone'); return true
      default: return false
    }
  }

  /** @param protocol  of the rule, which decides between helpers of one name */
  make(protocol: number | null = null): Target {
    if (this.#helper === '') return new CtTarget('CT', this.#isNotrack, 0, this.#zone)
    const number = helperNumber(this.#helper, protocol, this.#surroundings.isIpv6)
    if (number === 0) throw new RuleProblem(`there is no helper "${this.#helper}" for this protocol and IP version`)
    return new CtTarget('CT', this.#isNotrack, number, this.#zone)
  }
}

class TosReader implements TargetReader {
  readonly #name: string
  #target: Target | null = null

  constructor(name: string) {
    this.#name = name
  }

  option(name: string, _isInverted: boolean, take: Take): boolean {
    switch (name) {
      case '--set-tos': {
        const [value = '', mask] = take().split('/')
        const bits = readNumber(value, 255, 'type of service')
        this.#target = new TosTarget(this.#name, bits, mask === undefined ? 255 : readNumber(mask, 255, 'mask'))
        return true
      }
      case '--set-dscp': this.#target = new TosTarget(this.#name, readNumber(take(), 63, 'code point') << 2, 0xfc); return true
      default: return false
    }
  }

  make(): Target {
    if (this.#target === null) throw new RuleProblem(`${this.#name} that sets nothing`)
    return this.#target
  }
}

/** What the parser makes for `-j NAME`; null where NAME is none of these. */
export function targetReader(name: string, surroundings: Surroundings): (TargetReader & { make(protocol?: number | null): Target }) | null {
  const verdict = VERDICTS[name]
  if (verdict !== undefined) return new Passed(verdict, ['--reject-with'])
  if (PASSED.some((one) => one === name)) return new Passed(passed(name), LOG_OPTIONS, LOG_SWITCHES)
  switch (name) {
    case 'MARK': return new MarkReader()
    case 'CONNMARK': return new ConnmarkReader()
    case 'CT': return new CtReader(surroundings)
    case 'NOTRACK': return new Passed(new CtTarget('NOTRACK', true, 0, 0), [])
    case 'SNAT': case 'DNAT': case 'MASQUERADE': case 'REDIRECT': return new NatReader(name, surroundings)
    case 'TOS': case 'DSCP': return new TosReader(name)
    default: return null
  }
}
