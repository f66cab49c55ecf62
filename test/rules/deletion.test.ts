// Entries deleted on the way: what `conntrack -D` and `conntrack -F` would have changed. That the tables are the kernel's, the
// golden nat-deleted tells.

import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { deleteEntries, Engine, FLUSH, Frame, parseDeletion, snapshot } from '../../src/index.ts'
import { command, Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'
import { back, handshake, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const WEB = { sport: 40_000, dport: 80 }
const capture = folder.capture('deletion.pcap', [
  ...handshake(START, WEB),
  { sec: START + 1, bytes: udp({ sport: 4000, dport: 53 }) },
  { sec: START + 1, nsec: 5_000_000, bytes: udp({ from: 2, to: 1, sport: 53, dport: 4000 }) },
  { sec: START + 10, bytes: tcp(WEB, 'PA', { seq: 1001, ack: 5001, length: 5 }) },
  { sec: START + 11, bytes: tcp(back({ from: 1, to: 2, ...WEB }), 'A', { seq: 5001, ack: 1006 }) },
  { sec: START + 12, bytes: udp({ sport: 4000, dport: 53 }) },
])
const rules = folder.file('fw.rules', `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT
-A FORWARD -p udp -j ACCEPT
COMMIT
`)

describe('rules', () => {
  test('tell which packets are dropped once their entry is gone, and by which rule', async () => {
    const { code, out, error } = await command(['rules', rules, capture, '--at', '+5s', '--delete', 'dport=80,proto=tcp'])
    expect({ code, error }).toEqual({ code: 0, error: '' })
    expect(out).toBe(`At +5s: 1 of 2 entries deleted.
2 packets fare otherwise after it: 2 that passed are dropped, 0 that were dropped pass.
Entries at the end: 2 with those, 1 without.

tcp 10.0.0.1:40000 > 10.0.0.2:80  1 packet, frame 6
  with the entries  accept  ESTABLISHED  filter FORWARD 1: -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  without them      drop    NEW          filter FORWARD policy DROP

tcp 10.0.0.2:80 > 10.0.0.1:40000  1 packet, frame 7
  with the entries  accept  ESTABLISHED  filter FORWARD 1: -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  without them      drop    NEW          filter FORWARD policy DROP
`)
  })

  test('tell of a flush what another rule lets through', async () => {
    const { out } = await command(['rules', rules, capture, '--flush-at', 'frame:5', '-o', 'json'])
    const report = JSON.parse(out) as Record<string, unknown> & { flows: object[] }
    expect(report).toMatchObject({ moments: [{ at: 'frame:5', entries: 2, deleted: 2 }], packets: 3, newlyDropped: 2, newlyPassed: 0 })
    expect(report.flows[2]).toMatchObject({
      protocol: 'udp', firstFrame: 8, base: { ctstate: 'ESTABLISHED', decision: { rule: 1 } },
      other: { ctstate: 'NEW', decision: { fate: 'accept', rule: 3 } },
    })
  })

  test('say that nothing changes where nothing does', async () => {
    const { out } = await command(['rules', rules, capture, '--at', '+5s', '--delete', 'src=192.0.2.1'])
    expect(out).toContain('At +5s: 0 of 2 entries deleted.\nNo packet fares otherwise after it.\n')
  })

  test.each([
    [['--delete', 'dport=80'], /--at and --delete belong together/],
    [['--at', '+5s'], /--at and --delete belong together/],
    [['--at', '+5s', '--delete', 'port=80'], /"port=80" says not which entries to delete/],
    [['--flush-at', '+5s', '-o', 'save'], /--output save does not tell of deleted entries/],
  ])('refuse %j', async (args, message) => {
    const { code, error } = await command(['rules', rules, capture, ...args])
    expect(code).not.toBe(0)
    expect(error).toMatch(message)
  })
})

test('a packet that left the machine only while its entry lived is no packet of its own once that is deleted', async () => {
  const router = folder.file('router.rules', `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o wan0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i lan0 -p tcp -m tcp --syn -j ACCEPT
COMMIT
`)
  const { out } = await command(['rules', router, join(ROOT, 'samples/nat-router.pcap'), '--local', '192.168.1.1=lan0',
    '--local', '198.51.100.1=wan0', '--route', '192.168.1.0/24=lan0', '--route', '0.0.0.0/0=wan0',
    '--at', 'frame:6', '--delete', 'src=192.168.1.10', '-o', 'json'])
  const report = JSON.parse(out) as { flows: { firstFrame: number }[] }
  // The request and its answer; neither as it left the machine.
  expect(report.flows.map(({ firstFrame }) => firstFrame)).toEqual([7, 9])
  expect(report).toMatchObject({ packets: 2, newlyDropped: 2, entries: 2, otherEntries: 1 })
})

test('whatif tells what conntrack would have said without the entries', async () => {
  const { out } = await command(['whatif', capture, '--flush-at', '+5s', '-o', 'json'])
  expect(JSON.parse(out)).toMatchObject({
    moments: [{ at: '+5s', entries: 2, deleted: 2 }], verdicts: [{ base: 'ESTABLISHED', other: 'NEW', packets: 2 }],
    base: { created: 2 }, other: { created: 4 },
  })
  expect((await command(['whatif', capture, '--flush-at', '+5s'])).out).toMatch(/^At \+5s: 2 of 2 entries deleted\.\n/)
})

test('a deletion asks for everything that it names', () => {
  const engine = new Engine()
  for (const [i, sport] of [1, 2, 3].entries()) {
    const bytes = udp({ sport })
    engine.push(Object.assign(new Frame(), {
      number: i + 1, sec: START, bytes, view: new DataView(bytes.buffer, bytes.byteOffset), end: bytes.length, wireLen: bytes.length,
      linkType: 1,
    }))
  }
  const ports = (): (number | undefined)[] => snapshot(engine).map(({ original }) => original.sourcePort)
  expect(deleteEntries(engine, [parseDeletion('sport=2,proto=tcp')])).toBe(0)
  expect(deleteEntries(engine, [parseDeletion('sport=2,proto=udp,src=10.0.0.0/8'), parseDeletion('sport=3')])).toBe(2)
  expect(ports()).toEqual([1])
  expect(deleteEntries(engine, [FLUSH])).toBe(1)
  expect(engine.table.records.live).toBe(0)
})
