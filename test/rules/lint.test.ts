// What is wrong with a ruleset: each finding with a ruleset that has it, and one that has not.

import { describe, expect, test } from 'vitest'
import { Engine, Frame, loadFirewall, type RulesFinding, RulesRun, type RulesRunOptions } from '../../src/index.ts'
import { back, tcp, udp } from '../support/traffic.ts'

type Options = NonNullable<Parameters<typeof loadFirewall>[1]>

const table = (name: string, chains: readonly string[], rules: readonly string[]): string =>
  [`*${name}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), ...rules, 'COMMIT', ''].join('\n')
const filter = (...rules: readonly string[]): string => table('filter', ['INPUT', 'FORWARD', 'OUTPUT'], rules)
const raw = (...rules: readonly string[]): string => table('raw', ['PREROUTING', 'OUTPUT'], rules)
const nat = (...rules: readonly string[]): string => table('nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'], rules)

interface Story {
  readonly rules: string
  readonly frames?: readonly Uint8Array[]
  readonly options?: Options
  readonly run?: RulesRunOptions
}

function findings({ rules, frames = [udp()], options = {}, run = {} }: Story): readonly RulesFinding[] {
  const { firewall } = loadFirewall([{ path: 'fw', text: rules }], options)
  const engine = new Engine({ hooks: firewall })
  const noted = new RulesRun(firewall, run)
  for (const [i, bytes] of frames.entries()) {
    const frame = Object.assign(new Frame(), {
      number: i + 1, sec: 1000 + i, bytes, view: new DataView(bytes.buffer, bytes.byteOffset), end: bytes.length, wireLen: bytes.length,
      linkType: 1,
    })
    engine.push(frame)
    noted.note(engine, frame)
  }
  return noted.findings()
}

const WEB = { sport: 40_000, dport: 80 }
/** A client's side alone: its SYN, and an ACK that answers what was never seen. */
const ONE_WAY = [tcp(WEB, 'S', { seq: 1000 }), tcp(WEB, 'A', { seq: 1001, ack: 5001 })]
const BOTH_WAYS = [ONE_WAY[0]!, tcp(back({ from: 1, to: 2, ...WEB }), 'SA', { seq: 5000, ack: 1001 }), ONE_WAY[1]!]

const STORIES: Readonly<Record<string, readonly { readonly name: string, readonly has: Story, readonly hasNot: Story }[]>> = {
  'never-matches': [
    {
      name: 'two states at once', has: { rules: filter('-A FORWARD -m state --state NEW -m state --state INVALID -j DROP') },
      hasNot: { rules: filter('-A FORWARD -m state --state NEW,INVALID -j DROP') },
    },
    {
      name: 'two protocols', has: { rules: filter('-A FORWARD -p tcp -m conntrack --ctproto udp ! --ctstate NEW -p udp -j DROP') },
      hasNot: { rules: filter('-A FORWARD -p tcp -j DROP') },
    },
    {
      name: 'two directions', has: { rules: filter('-A FORWARD -m conntrack --ctdir REPLY -m conntrack --ctdir ORIGINAL -j DROP') },
      hasNot: { rules: filter('-A FORWARD -m conntrack --ctdir REPLY -j DROP') },
    },
    {
      name: 'a state in the raw table', has: { rules: raw('-A PREROUTING -m state --state ESTABLISHED -j ACCEPT') },
      hasNot: { rules: filter('-A FORWARD -m state --state ESTABLISHED -j ACCEPT') },
    },
  ],
  'established-after-drop': [{
    name: 'a drop in front',
    has: { rules: filter('-A FORWARD -s 10.9.0.0/16 -j DROP', '-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT') },
    hasNot: { rules: filter('-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT', '-A FORWARD -s 10.9.0.0/16 -j DROP') },
  }],
  'invalid-drop-asymmetry': [{
    name: 'one direction of a connection',
    has: { rules: filter('-A FORWARD -m state --state INVALID -j DROP'), frames: ONE_WAY },
    hasNot: { rules: filter('-A FORWARD -m state --state INVALID -j DROP'), frames: BOTH_WAYS },
  }],
  'lvs-director-state': [{
    name: 'a state on a director of LVS-DR',
    has: { rules: filter('-A FORWARD -m state --state ESTABLISHED -j ACCEPT'), run: { isDirector: true } },
    hasNot: { rules: filter('-A FORWARD -m state --state ESTABLISHED -j ACCEPT') },
  }],
  'helper-missing': [{
    name: 'a helper that nothing attaches', has: { rules: filter('-A FORWARD -m helper --helper ftp -j ACCEPT') },
    hasNot: {
      rules: raw('-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp') + filter('-A FORWARD -m helper --helper ftp -j ACCEPT'),
    },
  }],
  'nothing-local': [{
    name: 'rules of INPUT, and no address of the machine', has: { rules: filter('-A INPUT -p tcp -j ACCEPT') },
    hasNot: { rules: filter('-A INPUT -p tcp -j ACCEPT'), options: { local: ['10.0.0.2'] } },
  }],
  'interface-unknown': [{
    name: 'rules of interfaces, and none told', has: { rules: filter('-A FORWARD -i eth0 -j ACCEPT') },
    hasNot: {
      rules: filter('-A FORWARD -i eth0 -j ACCEPT'), options: { ifaces: ['eth0=02:00:00:00:00:01', 'eth1=02:00:00:00:00:02'] },
    },
  }],
  'nat-port-drawn': [{
    name: 'a port that the kernel draws', has: { rules: nat('-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.1 --random') },
    hasNot: { rules: nat('-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.1') },
  }],
}

describe.each(Object.entries(STORIES))('%s', (id, stories) => {
  test.each(stories)('$name', ({ has, hasNot }) => {
    expect(findings(has).map((finding) => finding.id)).toContain(id)
    expect(findings(hasNot).map((finding) => finding.id)).not.toContain(id)
  })
})

test('a finding about a rule names file and line', () => {
  const [finding] = findings({ rules: filter('-A FORWARD -j LOG', '-A FORWARD -m state --state NEW -m state --state INVALID -j DROP') })
  expect(finding).toEqual({
    severity: 'warning', id: 'never-matches', where: 'fw:6: ', text: 'can never match: no packet is in two states at once',
  })
})

test('helpers from the command line are helpers', () => {
  const rules = filter('-A FORWARD -m helper --helper ftp -j ACCEPT')
  expect(findings({ rules, run: { hasHelpers: true } })).toEqual([])
})
