// Reads scripts. test/scripts/README.md says how they are written.

import { parseDccp } from './dccp.ts'
import { parseGre, parseRaw } from './gre.ts'
import { parseIcmp } from './icmp.ts'
import { type End, type Flow, type Payload, type Piece, PROTOCOLS, type Script, type Step } from './script.ts'
import { parseSctp } from './sctp.ts'
import { parseTcp } from './tcp.ts'
import { parseUdp } from './udp.ts'
import { ScriptError, Words } from './words.ts'

interface Growing extends Step {
  readonly expected: { verdict?: string, readonly reasons: string[], readonly lines: string[] }
}

/** @throws ScriptError */
export function parseScript(text: string): Script {
  const parser = new Parser()
  text.split('\n').forEach((line, i) => { parser.line(line, i + 1) })
  return parser.script()
}

class Parser {
  readonly #comment: string[] = []
  readonly #sysctl: string[] = []
  readonly #flows: Flow[] = []
  readonly #steps: Growing[] = []
  readonly #moments: { readonly at: number, readonly lines: string[] }[] = []
  #only: number | null = null
  #initial: [number, number] | null = null
  #now = 0

  line(line: string, number: number): void {
    const words = new Words(line.replace(/\s+#.*$/, ''), number)
    if (line.startsWith('#')) {
      if (this.#flows.length === 0) this.#comment.push(line.slice(1).trim())
    } else if (words.isDone) { /* an empty line */ } else if (/^[=!:]$/.test(words.peek())) this.#expect(words.take('mark'), line, words)
    else if (!this.#directive(words)) this.#timed(words, line)
  }

  script(): Script {
    return {
      comment: this.#comment, sysctl: this.#sysctl, only: this.#only, initial: this.#initial, flows: this.#flows, steps: this.#steps,
      moments: this.#moments,
    }
  }

  #directive(words: Words): boolean {
    if (words.accept('sysctl')) while (!words.isDone) this.#sysctl.push(`net.netfilter.nf_conntrack_${words.take('name=value')}`)
    else if (words.accept('only')) this.#only = words.take('version') === 'ipv4' ? 4 : 6
    else if (words.accept('initial')) this.#initial = [words.number('initial sequence number'), words.number('initial sequence number')]
    else if (words.accept('flow')) this.#flows.push(parseFlow(words))
    else return false
    return true
  }

  /** What is said of the packet or the moment above. */
  #expect(mark: string, line: string, words: Words): void {
    const rest = line.trim().slice(1).trim()
    const moment = this.#moments.at(-1)
    const step = this.#steps.at(-1)
    if (moment !== undefined && mark === '=') moment.lines.push(rest)
    else if (step === undefined || moment !== undefined) throw words.error('this belongs to no packet')
    else if (mark === '=') step.expected.lines.push(rest)
    else if (mark === '!') step.expected.reasons.push(rest)
    else step.expected.verdict = rest
  }

  /** A packet, or a moment behind the last. */
  #timed(words: Words, line: string): void {
    const at = parseTime(words)
    if (at !== null && at < this.#now) throw words.error('time runs backwards')
    this.#now = at ?? this.#now
    if (words.accept('=')) {
      if (at === null) throw words.error('a moment has a time')
      this.#moments.push({ at, lines: [line.slice(line.indexOf('=') + 1).trim()] })
      return
    }
    if (this.#moments.length > 0) throw words.error('moments lie behind the last packet')
    this.#steps.push({ at, ...parseStep(words, this.#flows), expected: { reasons: [], lines: [] } })
  }
}

function parseFlow(words: Words): Flow {
  let name = ''
  let protocol = words.take('protocol')
  if (PROTOCOLS[protocol] === undefined && !/^\d+$/.test(protocol)) {
    name = protocol
    protocol = words.take('protocol')
    if (PROTOCOLS[protocol] === undefined && !/^\d+$/.test(protocol)) throw words.error(`"${protocol}" is no protocol`)
  }
  const a = parseEnd(words)
  if (!words.accept('>')) throw words.error('`>` expected')
  return { name, protocol, ends: [a, parseEnd(words)], id: words.field('id') ?? 0 }
}

function parseEnd(words: Words): End {
  const found = words.match(/^10\.0\.0\.(\d+)(?::(\d+))?$/)
  if (found === null) throw words.error('10.0.0.HOST:PORT expected')
  return { host: Number(found[1]), port: Number(found[2] ?? 0) }
}

function parseTime(words: Words): number | null {
  const word = words.take('time')
  if (word === '-') return null
  if (!/^\d+(\.\d+)?$/.test(word)) throw words.error(`"${word}" is no time`)
  return Number(word)
}

function parseStep(words: Words, flows: readonly Flow[]): Omit<Step, 'at' | 'expected'> {
  const named = words.match(/^[a-z]\w*$/)?.[0] ?? ''
  const flow = flows.find(({ name }) => name === named)
  if (flow === undefined) throw words.error(`there is no flow "${named}"`)
  const dir = words.accept('>') ? 0 : words.accept('<') ? 1 : -1
  if (dir < 0) throw words.error('`>` or `<` expected')
  const payload = parsePayload(words, flow)
  const rest = parseRest(words)
  if (!words.isDone) throw words.error(`"${words.peek()}" is not understood`)
  return { flow: named, dir, payload, ...rest }
}

function parsePayload(words: Words, { protocol }: Flow): Payload {
  if (words.accept('icmp')) return parseIcmp(words)
  if (words.accept('raw')) return parseRaw(words)
  switch (protocol) {
    case 'tcp': return parseTcp(words)
    case 'udp': case 'udplite': return parseUdp(words, protocol)
    case 'sctp': return parseSctp(words)
    case 'dccp': return parseDccp(words)
    case 'gre': return parseGre(words)
    default: throw new ScriptError(words.line, `a packet of ${protocol} begins with \`raw\` or \`icmp\``)
  }
}

function parseRest(words: Words): Pick<Step, 'piece' | 'cut' | 'checksum'> {
  const rest: { piece?: Piece, cut?: number, checksum?: 'bad' | 'none' } = {}
  if (words.accept('frag')) {
    const range = words.match(/^(\d+):(\d+)$/)
    const id = words.field('id')
    if (range === null || id === undefined) throw words.error('frag FROM:TO id N expected')
    rest.piece = { from: Number(range[1]), to: Number(range[2]), id }
    if (words.accept('more')) rest.piece = { ...rest.piece, more: true }
    else if (words.accept('last')) rest.piece = { ...rest.piece, more: false }
  }
  const cut = words.field('cut')
  if (cut !== undefined) rest.cut = cut
  if (words.accept('badsum')) rest.checksum = 'bad'
  else if (words.accept('nonesum')) rest.checksum = 'none'
  return rest
}
