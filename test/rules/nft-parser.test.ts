// What `nft -j list ruleset` prints, and what nobody should.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Engine, Frame, type Firewall, loadFirewall, printRuleset, RulesRun, UsageError } from '../../src/index.ts'
import { complaintOf } from '../support/complaint.ts'
import { ROOT } from '../support/sources.ts'
import { tcp, udp } from '../support/traffic.ts'

const SPELLING = join(ROOT, 'test/golden/nft-spelling')
const golden = (file: string): string => readFileSync(join(SPELLING, file), 'utf8')

type Json = unknown

const chain = (name: string, hook?: string, more: object = {}): Json => ({
  chain: {
    family: 'inet', table: 'fw', name, handle: 1, ...more,
    ...(hook === undefined ? {} : { type: 'filter', hook, prio: 0, policy: 'accept', ...more }),
  },
})
const rule = (expr: readonly Json[], where = 'forward', handle = 7): Json =>
  ({ rule: { family: 'inet', table: 'fw', chain: where, handle, expr } })
const listing = (...items: readonly Json[]): string => JSON.stringify({
  nftables: [{ metainfo: { json_schema_version: 1 } }, { table: { family: 'inet', name: 'fw', handle: 1 } }, chain('forward', 'forward'),
    chain('user'), ...items],
})
const match = (left: Json, right: Json, op = '=='): Json => ({ match: { op, left, right } })
const payload = (protocol: string, field: string): Json => ({ payload: { protocol, field } })
const COUNTER = { counter: { packets: 0, bytes: 0 } }

const load = (text: string, isLenient = false): ReturnType<typeof loadFirewall> => loadFirewall([{ path: 'fw.json', text }], { isLenient })
const complaint = (text: string): string => complaintOf(() => load(text))

/** Runs Ethernet frames through rules, a second apart. */
function run(firewall: Firewall, frames: readonly Uint8Array[]): string[] {
  const engine = new Engine({ hooks: firewall })
  return frames.map((bytes, i) => {
    engine.push(Object.assign(new Frame(), {
      number: i + 1, sec: 1000 + i, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), end: bytes.length,
      wireLen: bytes.length, linkType: 1,
    }))
    return firewall.isDropped ? 'drop' : 'accept'
  })
}

const SYN = tcp({}, 'S', { seq: 1000 })
const SYNACK = tcp({ from: 2, to: 1, sport: 80, dport: 40_000 }, 'SA', { seq: 5000, ack: 1001 })

describe('a listing', () => {
  test('is printed back as nft spells it, rule by rule, be they supported or not', () => {
    const { firewall } = loadFirewall([{ path: 'fw.json', text: golden('ruleset.json') }], { isLenient: true, local: ['192.0.2.1=eth0'] })
    const texts = new Map(golden('ruleset.txt').split('\n').flatMap((line) => {
      const [, text = '', handle] = /^\t\t(.*) # handle (\d+)$/.exec(line) ?? []
      return handle === undefined ? [] : [[Number(handle), text.replace(/counter packets \d+ bytes \d+/g, 'counter')] as const]
    }))
    for (const { handle, text } of firewall.rulesets[0]?.rules ?? []) expect(text).toBe(texts.get(handle ?? 0))
    expect(firewall.rulesets[0]?.rules.length).toBeGreaterThan(200)
  })

  test('says of each rule that is not supported where it stands', () => {
    const { warnings } = load(golden('ruleset.json'), true)
    const unread = warnings.filter(({ message }) => message.includes('never matches'))
    expect(unread.every(({ message }) => /^inet fw \w+ handle \d+: nftables\[\d+\]\.rule\.expr/.test(message))).toBe(true)
    const names = new Set(unread.map(({ message }) => /(?:statement|expression) "([^"]*)"|((?:meta|ct) \w+) is not/.exec(message)?.slice(1).find(Boolean)))
    expect([...names].filter(Boolean).sort()).toEqual([
      'ct count', 'ct id', 'ct label', 'exthdr', 'ip option', 'ipsec', 'jhash', 'meta cgroup', 'meta cpu', 'meta day', 'meta hour',
      'meta iifgroup', 'meta iifkind', 'meta ipsec', 'meta priority', 'meta skuid', 'meta time', 'numgen', 'osf', 'rt', 'set', 'socket',
      'tcp option',
    ])
  })
})

describe('what cannot be read is an error with file, rule and path', () => {
  test.each<[string, readonly Json[], RegExp]>([
    ['a statement', [{ queue: { num: 5 } }], /^fw\.json: inet fw forward handle 7: nftables\[4\]\.rule\.expr\[0\]: the statement "queue" is not/],
    ['iptables-nft', [{ xt: null }], /give the output of iptables-nft-save/],
    ['an expression', [match({ numgen: { mode: 'inc', mod: 2 } }, 0)], /expr\[0\]\.match\.left: the expression "numgen" is not supported$/],
    ['a key', [match({ meta: { key: 'cpu' } }, 0)], /match\.left\.meta\.key: meta cpu is not supported$/],
    ['a key of ct', [match({ ct: { key: 'label' } }, 0)], /match\.left\.ct\.key: ct label is not supported$/],
    ['a header', [match(payload('mpls', 'x'), 0)], /payload\.protocol: headers of "mpls" are not supported; there are ip, /],
    ['a field', [match(payload('tcp', 'colour'), 0)], /payload\.field: there is no field tcp colour; there are sport, /],
    ['a port by name', [match(payload('tcp', 'dport'), 'ssh')], /match\.right: ports are read as numbers: list the ruleset with -n$/],
    ['a port too large', [match(payload('tcp', 'dport'), 70_000)], /match\.right: a port should stand here, from 0 to 65535$/],
    ['an address', [match(payload('ip', 'saddr'), '10.0.0.300')], /match\.right: "10\.0\.0\.300" is no IPv4 address$/],
    ['a prefix', [match(payload('ip', 'saddr'), { prefix: { addr: '10.0.0.0', len: 33 } })], /prefix\.len: a length of a prefix should/],
    ['a state', [match({ ct: { key: 'state' } }, 'newish', 'in')], /there is no state "newish"; there are invalid, established/],
    ['an operator', [match(payload('ip', 'ttl'), 5, '~')], /match\.op: an operator should stand here/],
    ['a set', [match(payload('ip', 'saddr'), '@bad')], /match\.right: there is no set "bad" in this table$/],
    ['a set behind <', [match(payload('ip', 'ttl'), { set: [5] }, '<')], /match\.right: a set stands behind == and !=, not <$/],
    ['a chain', [{ jump: { target: 'nowhere' } }], /jump\.target: there is no chain "nowhere" in this table$/],
    ['a base chain', [{ goto: { target: 'forward' } }], /goto\.target: forward is called from a hook: no rule can jump to it$/],
    ['behind a verdict', [{ accept: null }, COUNTER], /expr\[1\]: nothing can stand behind a verdict$/],
    ['a counter of no name', [{ counter: 'hits' }], /expr\[0\]\.counter: there is no counter "hits" in this table$/],
    ['a helper of no name', [{ 'ct helper': 'ftp' }], /there is no ct helper "ftp" in this table$/],
    ['a map without values', [{ vmap: { key: payload('tcp', 'dport'), data: { set: [22] } } }], /a map of verdicts should stand here, not a set$/],
    ['a rate', [{ limit: { rate: 0, per: 'second' } }], /limit\.rate: a rate should stand here, from 1/],
    ['routes', [match({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false)], /fib oif needs the machine's routes, and is not supported$/],
    ['a zone of one way', [{ mangle: { key: { ct: { key: 'zone', dir: 'original' } }, value: 5 } }], /a zone of one direction is not supported$/],
    ['an address of nobody', [{ masquerade: null }], /masquerade translates to an address of the machine's own: tell it with --local/],
  ])('%s', (_, expr, message) => {
    expect(complaint(listing(rule(expr)))).toMatch(message)
  })

  test.each<[string, string, RegExp]>([
    ['text in place of JSON', 'table inet fw {\n}\n', /^fw\.json: this is the text of `nft list ruleset`: give the output of `nft -j list ruleset`$/],
    ['JSON that ends early', '{"nftables": [', /^fw\.json: this is no JSON: /],
    ['JSON of something else', '{"rules": []}', /^fw\.json: nftables: a list, as `nft -j list ruleset` prints it, should stand here$/],
    ['nothing at all', '{"nftables": []}', /^fw\.json: no table: is this what `nft -j list ruleset` printed\?$/],
    ['a circle', listing(rule([{ jump: { target: 'user' } }], 'user')), /^fw\.json: chains go round in a circle: user → user$/],
    ['no such table', JSON.stringify({ nftables: [chain('x')] }), /^fw\.json: nftables\[0\]\.chain\.table: there is no table inet fw above$/],
  ])('%s', (_, text, message) => {
    expect(complaint(text)).toMatch(message)
  })
})

describe('with --lenient', () => {
  test('a rule that cannot be read stays in the listing, is warned of, and never matches', () => {
    const { firewall, warnings } = load(listing(rule([{ queue: { num: 5 } }]), rule([COUNTER, { drop: null }], 'forward', 8)), true)
    expect(warnings.map(({ message }) => message)).toEqual([
      'inet fw forward handle 7: nftables[4].rule.expr[0]: the statement "queue" is not supported: what a program makes of queued ' +
      'packets is not known here; taken as a rule that never matches',
    ])
    expect(run(firewall, [SYN])).toEqual(['drop'])
    expect(firewall.rulesets[0]?.rules.map(({ id }) => firewall.packetsOf(id))).toEqual([0, 1])
  })
})

describe('what stays as it was listed is warned of', () => {
  test('elements that expire, sets that rules add to, chains that no packet of a capture meets', () => {
    const set = {
      set: { family: 'inet', table: 'fw', name: 's', type: 'ipv4_addr', flags: ['timeout', 'dynamic'], timeout: 60, elem: ['10.0.0.1'] },
    }
    const { warnings } = load(listing(set, chain('in', 'ingress'), rule([match(payload('ip', 'saddr'), '@s'), { drop: null }])))
    expect(warnings.map(({ message }) => message)).toEqual([
      'chain inet fw in is left out: no packet of a capture meets the hook ingress',
      'nftables[4].set: rules may add to this set while it is asked; here it stays as it was listed',
      'nftables[4].set: its elements expire; here they stay',
    ])
  })
})

describe('the walk', () => {
  const NEW = match({ ct: { key: 'state' } }, 'new', 'in')
  const web = match(payload('tcp', 'dport'), 80)

  test('goes on at the next base chain when one accepts, and ends when one drops', () => {
    const later = chain('later', 'forward', { prio: 10 })
    const { firewall } = load(listing(later, rule([web, { accept: null }]), rule([web, COUNTER, { drop: null }], 'later')))
    expect(run(firewall, [SYN, SYNACK])).toEqual(['drop', 'accept'])
    const { chain: where, rule: by } = firewall.decision
    expect([where?.table, where?.name, by]).toEqual(['inet fw', 'later', null])
  })

  test('takes a statement that stands before a match also of packets that do not match', () => {
    const { firewall } = load(listing(rule([COUNTER, web, COUNTER, { drop: null }])))
    run(firewall, [SYN, SYNACK, udp()])
    expect(printRuleset(firewall, firewall.rulesets[0]!)).toMatch(/counter packets 3 bytes \d+ tcp dport 80 counter packets 1 bytes \d+ drop/)
  })

  test('a verdict map leads into chains, and past it what it does not hold', () => {
    const vmap = { vmap: { key: payload('tcp', 'dport'), data: { set: [[80, { jump: { target: 'user' } }], [22, { drop: null }]] } } }
    const { firewall } = load(listing(rule([vmap]), rule([COUNTER, { accept: null }]), rule([NEW, { drop: null }], 'user')))
    expect(run(firewall, [SYN, tcp({ dport: 22 }, 'S', { seq: 1 }), udp()])).toEqual(['drop', 'drop', 'accept'])
  })

  test('one map serves a match, a verdict and a mark, each with what it reads there', () => {
    const map = { map: { family: 'inet', table: 'fw', name: 'm', type: 'inet_service', map: 'verdict', elem: [[80, { drop: null }]] } }
    const dport = payload('tcp', 'dport')
    const { firewall } = load(listing(map, rule([match(dport, '@m'), COUNTER]), rule([{ vmap: { key: dport, data: '@m' } }])))
    expect(run(firewall, [SYN])).toEqual(['drop'])
    const number = { mangle: { key: { meta: { key: 'mark' } }, value: { map: { key: dport, data: '@m' } } } }
    expect(complaint(listing(map, rule([{ vmap: { key: dport, data: '@m' } }]), rule([number])))).toMatch(/elem\[0\]\[1\]: a number should stand/)
  })

  test('a later address of one rule does not undo an earlier one', () => {
    const from = (address: string, op: string): Json => match(payload('ip', 'saddr'), address, op)
    const { firewall } = load(listing(rule([from('10.0.0.1', '=='), from('10.0.0.2', '!='), { drop: null }]), rule([
      from('10.0.0.9', '=='), from('10.0.0.1', '=='), { drop: null }])))
    run(firewall, [SYN])
    expect(firewall.rulesets[0]?.rules.map(({ id }) => firewall.packetsOf(id))).toEqual([1, 0])
  })
})

describe('what is wrong with rules is told by their handles', () => {
  const state = (name: string): Json => match({ ct: { key: 'state' } }, name, 'in')

  test.each<[string, Json, readonly Json[], string | undefined]>([
    ['established, before conntrack', chain('raw', 'prerouting', { prio: -300 }), [state('established'), { drop: null }],
      'can never match: its chain comes before conntrack, which alone makes a packet ESTABLISHED or RELATED'],
    ['established, behind it', chain('raw', 'prerouting', { prio: -150 }), [state('established'), { drop: null }], undefined],
    ['invalid, before it', chain('raw', 'prerouting', { prio: -300 }), [state('invalid'), { drop: null }], undefined],
    ['two states at once', chain('raw', 'prerouting', { prio: -150 }), [state('new'), state('invalid'), { drop: null }],
      'can never match: no packet is in two states at once'],
  ])('%s', (_, base, expr, text) => {
    const { firewall } = load(listing(base, rule(expr, 'raw', 9)))
    const findings = new RulesRun(firewall).findings()
    expect(findings.map((finding) => [finding.where, finding.text]))
      .toEqual(text === undefined ? [] : [['fw.json: inet fw raw handle 9: ', text]])
  })
})

describe('any JSON', () => {
  const SERVICE: Json = JSON.parse(readFileSync(join(ROOT, 'test/golden/nft/expressions/ruleset.json'), 'utf8'))
  const survives = (text: string): void => {
    for (const isLenient of [false, true]) {
      try {
        const { firewall } = loadFirewall([{ path: 'fw', text }], { isLenient, local: ['10.0.0.9=eth0'] })
        run(firewall, [SYN, SYNACK, udp(), SYN.subarray(0, 40), udp().subarray(0, 36)])
        for (const ruleset of firewall.rulesets) printRuleset(firewall, ruleset, true)
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError)
      }
    }
  }

  test('is read or refused', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => { survives(text.startsWith('{') ? text : `{"nftables":${text}}`) }))
  })

  test('is read or refused in the place of any part of a ruleset', () => {
    const paths: (string | number)[][] = []
    const visit = (value: Json, path: (string | number)[]): void => {
      paths.push(path)
      if (Array.isArray(value)) value.forEach((one, i) => { visit(one, [...path, i]) })
      else if (typeof value === 'object' && value !== null) for (const [key, one] of Object.entries(value)) visit(one, [...path, key])
    }
    visit(SERVICE, [])
    const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom<Json>(
      '@seen', '@nothing', '*', { set: [] }, { concat: [] }, { range: [2, 1] }, { prefix: { addr: '::', len: 0 } }, { '|': ['new'] },
      { map: {} }, { elem: { val: 1 } }, { jump: { target: 'deep' } }, -1, 2 ** 53, '__proto__',
    ))
    fc.assert(fc.property(fc.constantFrom(...paths), odd, (path, value) => {
      const copy = structuredClone({ root: SERVICE }) as Record<string, Json>
      let at = copy as Record<string | number, Json>
      let key: string | number = 'root'
      for (const step of path) {
        at = at[key] as Record<string | number, Json>
        key = step
      }
      at[key] = value
      survives(JSON.stringify(copy.root))
    }), { numRuns: 100 })
  })

  test('however deep', () => {
    expect(complaint(listing(rule([match(JSON.parse(`${'{"&":['.repeat(500)}1${',1]}'.repeat(500)}`), 1)])))).toMatch(/nested too deep$/)
  })
})
