// Translated addresses: which tuple a connection gets, what rules see of it, and the capture that holds both sides.

import { describe, expect, test } from 'vitest'
import { Engine, type Firewall, Frame, loadFirewall, snapshot } from '../../src/index.ts'
import { icmp, ip, tcp, text, type TcpFields, udp } from '../../scripts/lib/packets.ts'
import { complaintOf } from '../support/complaint.ts'
import { framed } from '../support/traffic.ts'

const nat = (...rules: readonly string[]): string =>
  ['*nat', ':PREROUTING ACCEPT [0:0]', ':INPUT ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ':POSTROUTING ACCEPT [0:0]', ...rules, 'COMMIT', '']
    .join('\n')
const MACHINE = {
  local: ['10.1.0.254=lan', '192.0.2.1=wan'], routes: ['10.1.0.0/16=lan', '0.0.0.0/0=wan'],
} as const

interface Ran {
  readonly engine: Engine
  readonly firewall: Firewall
  /** Where each packet's fate was decided, or `copy`. */
  readonly fates: readonly string[]
  /** `10.1.0.1:40000>192.0.2.9:80 192.0.2.9:80>192.0.2.1:40000`, an entry each. */
  readonly entries: readonly string[]
}

/** Runs packets through rules, ten milliseconds apart. */
function run(rules: string, packets: readonly Uint8Array[], options: Parameters<typeof loadFirewall>[1] = MACHINE): Ran {
  const { firewall } = loadFirewall([{ path: 'fw', text: rules }], options)
  const engine = new Engine({ hooks: firewall })
  const fates = packets.map((packet, i) => {
    const bytes = framed(packet)
    const frame = Object.assign(new Frame(), {
      number: i + 1, sec: 1000, nsec: i * 10_000_000, bytes, view: new DataView(bytes.buffer, bytes.byteOffset), end: bytes.length,
      wireLen: bytes.length, linkType: 1,
    })
    engine.push(frame)
    return !firewall.hasMet(frame) ? `copy of ${String(engine.packet.copyOf)}` : firewall.isDropped ? 'drop' : 'accept'
  })
  const end = (address: string, port: number | undefined): string => port === undefined ? address : `${address}:${String(port)}`
  const entries = snapshot(engine).map(({ original, reply }) => [original, reply].map((one) =>
    `${end(one.source, one.sourcePort ?? one.id)}>${end(one.destination, one.destinationPort ?? one.id)}`).join(' '))
  return { engine, firewall, fates, entries }
}

const SYN = { flags: 'S', seq: 1000 }
const segment = (from: string, sport: number, to: string, dport: number, fields: TcpFields = SYN): Uint8Array =>
  ip(from, to, tcp({ sport, dport, ...fields }))
const OUT = segment('10.1.0.1', 40_000, '192.0.2.9', 80)

describe('the source of a connection', () => {
  test('SNAT gives another address and keeps the port', () => {
    const { entries } = run(nat('-A POSTROUTING -o wan -j SNAT --to-source 192.0.2.7'), [OUT])
    expect(entries).toEqual(['10.1.0.1:40000>192.0.2.9:80 192.0.2.9:80>192.0.2.7:40000'])
  })

  test('MASQUERADE takes the address of the interface the packet leaves by', () => {
    const rules = nat('-A POSTROUTING -j MASQUERADE')
    expect(run(rules, [OUT]).entries).toEqual(['10.1.0.1:40000>192.0.2.9:80 192.0.2.9:80>192.0.2.1:40000'])
    expect(run(rules, [segment('192.0.2.9', 5000, '10.1.0.1', 80)]).entries)
      .toEqual(['192.0.2.9:5000>10.1.0.1:80 10.1.0.1:80>10.1.0.254:5000'])
  })

  test('two clients with one port get two, and a note says that the kernel draws the second', () => {
    const { entries, firewall } = run(nat('-A POSTROUTING -o wan -j MASQUERADE'), [OUT, segment('10.1.0.2', 40_000, '192.0.2.9', 80)])
    expect(entries).toEqual([
      '10.1.0.1:40000>192.0.2.9:80 192.0.2.9:80>192.0.2.1:40000', '10.1.0.2:40000>192.0.2.9:80 192.0.2.9:80>192.0.2.1:1024',
    ])
    expect(firewall.guessedPorts).toBe(1)
  })

  test('a client keeps its port towards another server', () => {
    const { entries } = run(nat('-A POSTROUTING -o wan -j MASQUERADE'), [
      OUT, segment('10.1.0.2', 40_000, '192.0.2.9', 80), segment('10.1.0.2', 40_000, '192.0.2.8', 80),
    ])
    expect(entries[2]).toBe('10.1.0.2:40000>192.0.2.8:80 192.0.2.8:80>192.0.2.1:1024')
  })

  test('an answer is for the client again, and the connection is established', () => {
    const { entries, fates, firewall } = run(nat('-A POSTROUTING -o wan -j SNAT --to-source 192.0.2.7') +
      '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n' +
      '-A FORWARD -d 10.1.0.1/32 -i wan -o lan -m conntrack --ctstate ESTABLISHED -j ACCEPT\n' +
      '-A FORWARD -s 10.1.0.1/32 -i lan -o wan -j ACCEPT\nCOMMIT\n',
    [OUT, segment('192.0.2.9', 80, '192.0.2.7', 40_000, { flags: 'SA', seq: 5000, ack: 1001 })])
    expect(fates).toEqual(['accept', 'accept'])
    expect(entries.length).toBe(1)
    expect(firewall.packetsOf(firewall.rulesets[0]!.rules[1]!.id)).toBe(1)
  })

  test('nobody else\'s answers: a connection whose source is taken gets another without a rule', () => {
    const { entries } = run(nat('-A POSTROUTING -s 10.1.0.1 -j SNAT --to-source 192.0.2.7'),
      [OUT, segment('192.0.2.7', 40_000, '192.0.2.9', 80, { flags: 'S', seq: 7 })])
    expect(entries[1]).toBe('192.0.2.7:40000>192.0.2.9:80 192.0.2.9:80>192.0.2.7:1024')
  })

  test('a protocol without ports cannot be told apart, and its packet is dropped', () => {
    const esp = (from: string): Uint8Array => ip(from, '192.0.2.9', { protocol: 50, bytes: text('12345678') })
    const { fates, entries, engine } = run(nat('-A POSTROUTING -o wan -j MASQUERADE'), [esp('10.1.0.1'), esp('10.1.0.2'), esp('10.1.0.1')])
    expect(fates).toEqual(['accept', 'drop', 'accept'])
    expect(entries.length).toBe(1)
    expect(engine.table.stats.insertFailed).toBe(1)
  })
})

test('however many clients have one port, no two connections have the same answers', () => {
  const packets = Array.from({ length: 600 }, (_, i) =>
    segment(`10.1.${String(i >> 8)}.${String(i & 255)}`, 40_000, '192.0.2.9', 80, { flags: 'S', seq: i }))
  const { entries } = run(nat('-A POSTROUTING -o wan -p tcp -j MASQUERADE --to-ports 5000-5999'), packets)
  expect(new Set(entries.map((entry) => entry.split(' ')[1])).size).toBe(600)
  const few = run(nat('-A POSTROUTING -o wan -p tcp -j MASQUERADE --to-ports 5000-5004'), packets.slice(0, 8))
  expect(few.fates.map((fate) => fate === 'accept')).toEqual([true, true, true, true, true, false, false, false])
})

describe('the destination of a connection', () => {
  const FROM_OUTSIDE = segment('192.0.2.9', 5000, '192.0.2.1', 8080)

  test('DNAT gives another, and the packet is forwarded there', () => {
    const { entries, firewall } = run(nat('-A PREROUTING -i wan -p tcp --dport 8080 -j DNAT --to-destination 10.1.0.5:80') +
      '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n' +
      '-A FORWARD -d 10.1.0.5/32 -o lan -p tcp -m tcp --dport 80 -m conntrack --ctstate DNAT -j ACCEPT\nCOMMIT\n', [FROM_OUTSIDE])
    expect(firewall.isDropped).toBe(false)
    expect(entries).toEqual(['192.0.2.9:5000>192.0.2.1:8080 10.1.0.5:80>192.0.2.9:5000'])
  })

  test('REDIRECT keeps it here', () => {
    const rules = nat('-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128') +
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n'
    expect(run(rules, [OUT])).toMatchObject({
      fates: ['accept'], entries: ['10.1.0.1:40000>192.0.2.9:80 10.1.0.254:3128>10.1.0.1:40000'],
    })
  })

  test('rules of the nat table count first packets alone', () => {
    const { firewall } = run(nat('-A PREROUTING -p udp', '-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.7'), [
      ip('10.1.0.1', '192.0.2.9', udp({ sport: 4000, dport: 53 })), ip('10.1.0.1', '192.0.2.9', udp({ sport: 4000, dport: 53 })),
      ip('192.0.2.9', '192.0.2.7', udp({ sport: 53, dport: 4000 })),
    ])
    expect(firewall.rulesets[0]!.rules.map(({ id }) => firewall.packetsOf(id))).toEqual([1, 1])
  })
})

describe('ICMP errors', () => {
  const QUESTION = udp({ sport: 4000, dport: 53, payload: text('?') })
  const RULES = nat('-A POSTROUTING -o wan -j SNAT --to-source 192.0.2.7') + '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n' +
    ':OUTPUT ACCEPT [0:0]\n-A FORWARD -p udp -j ACCEPT\n-A FORWARD -d 10.1.0.1/32 -m conntrack --ctstate RELATED -j ACCEPT\nCOMMIT\n'
  const asked = ip('10.1.0.1', '192.0.2.9', QUESTION)
  const seen = ip('192.0.2.7', '192.0.2.9', QUESTION)

  test('about the translated packet go to the client', () => {
    expect(run(RULES, [asked, ip('192.0.2.9', '192.0.2.7', icmp(3, 3, 0, seen.subarray(0, 28)))]).fates).toEqual(['accept', 'accept'])
  })

  test('that quote too little to translate, or whose checksum is wrong, are dropped', () => {
    expect(run(RULES, [asked, ip('192.0.2.9', '192.0.2.7', icmp(3, 3, 0, seen.subarray(0, 26)))]).fates).toEqual(['accept', 'drop'])
    const wrong = ip('192.0.2.9', '192.0.2.7', icmp(3, 3, 0, seen.subarray(0, 28)))
    wrong[22]! ^= 1
    expect(run(RULES, [asked, wrong]).fates).toEqual(['accept', 'drop'])
  })
})

describe('a capture of both sides', () => {
  test('holds each packet twice, and it is tracked once', () => {
    const ack = { flags: 'SA', seq: 5000, ack: 1001 }
    const ttl = { ttl: 63 }
    const { fates, entries, firewall } = run(nat('-A POSTROUTING -o wan -j SNAT --to-source 192.0.2.7'), [
      OUT, ip('192.0.2.7', '192.0.2.9', tcp({ sport: 40_000, dport: 80, ...SYN }), ttl),
      segment('192.0.2.9', 80, '192.0.2.7', 40_000, ack), ip('192.0.2.9', '10.1.0.1', tcp({ sport: 80, dport: 40_000, ...ack }), ttl),
      ip('10.1.0.1', '192.0.2.9', icmp(8, 0, 7 << 16, text('ping'))), ip('192.0.2.7', '192.0.2.9', icmp(8, 0, 7 << 16, text('ping')), ttl),
    ])
    expect(fates).toEqual(['accept', 'copy of 1', 'accept', 'copy of 3', 'accept', 'copy of 5'])
    expect(entries.length).toBe(2)
    expect(firewall.joined).toBe(3)
  })

  test('shows the port that the kernel drew, and answers to it are found', () => {
    const { fates, entries, firewall } = run(nat('-A POSTROUTING -o wan -j MASQUERADE --random'), [
      OUT, ip('192.0.2.1', '192.0.2.9', tcp({ sport: 61_234, dport: 80, ...SYN }), { ttl: 63 }),
      segment('192.0.2.9', 80, '192.0.2.1', 61_234, { flags: 'SA', seq: 5000, ack: 1001 }),
      ip('10.1.0.1', '192.0.2.9', icmp(8, 0, 7 << 16, text('ping'))),
      ip('192.0.2.1', '192.0.2.9', icmp(8, 0, 99 << 16, text('ping')), { ttl: 63 }),
    ])
    expect(fates).toEqual(['accept', 'copy of 1', 'accept', 'accept', 'copy of 4'])
    expect(entries).toEqual([
      '10.1.0.1:40000>192.0.2.9:80 192.0.2.9:80>192.0.2.1:61234', '10.1.0.1:7>192.0.2.9:7 192.0.2.9:99>192.0.2.1:99',
    ])
    expect(firewall.guessedPorts).toBe(0)
  })

  test('with another sequence number, a packet is another', () => {
    const { fates } = run(nat('-A POSTROUTING -o wan -j SNAT --to-source 192.0.2.7'),
      [OUT, segment('192.0.2.7', 40_000, '192.0.2.9', 80, { flags: 'S', seq: 1001 })])
    expect(fates).toEqual(['accept', 'accept'])
  })
})

describe('what the kernel refuses', () => {
  const complaint = (rules: string, options: Parameters<typeof loadFirewall>[1] = MACHINE): string =>
    complaintOf(() => loadFirewall([{ path: 'fw', text: rules }], options))

  test.each([
    ['-A POSTROUTING -j SNAT', /SNAT without --to-source/],
    ['-A POSTROUTING -j SNAT --to-source 192.0.2.9-192.0.2.1', /ends before it begins/],
    ['-A POSTROUTING -j SNAT --to-source 192.0.2.1 --to-source 192.0.2.2', /several ranges/],
    ['-A PREROUTING -j SNAT --to-source 192.0.2.1', /SNAT cannot be reached from PREROUTING/],
    ['-A POSTROUTING -j DNAT --to-destination 192.0.2.1', /DNAT cannot be reached from POSTROUTING/],
    ['-A POSTROUTING -j MASQUERADE --persistent', /--persistent is not supported/],
  ])('%s', (rule, message) => { expect(complaint(nat(rule))).toMatch(message) })

  test('a translation outside the nat table', () => {
    expect(complaint('*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j SNAT --to-source 192.0.2.1\nCOMMIT\n')).toMatch(/nat table only/)
  })

  test('MASQUERADE, where no address of the machine is told', () => {
    expect(complaint(nat('-A POSTROUTING -j MASQUERADE'), {})).toMatch(/--local ADDRESS=INTERFACE/)
  })
})
