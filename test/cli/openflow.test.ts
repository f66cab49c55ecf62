// rules --openflow: its forms, and what it refuses.

import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { command, Folder } from '../support/command.ts'
import { arp, handshake, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const capture = folder.capture('switch.pcap', [...handshake(1000, {}), { sec: 1001, bytes: udp() }, { sec: 1002, bytes: arp() }])
const flows = folder.file('flows', 'tcp,ct_state=-trk actions=ct(table=1)\n' +
  'table=1,in_port=1,ip,ct_state=+trk actions=ct(commit),output:2\n')
const run = (...args: string[]): ReturnType<typeof command> => command(['rules', '--openflow', flows, capture, '--port', '1', ...args])

describe('each form tells its part', () => {
  test('text: dropped flows, frames without IP, flows with their counters, the table', async () => {
    const { code, out, error } = await run()
    expect({ code, error }).toEqual({ code: EXIT.DONE, error: '' })
    expect(out).toMatch(/^1 of 4 packets are dropped, of 1 flow:\n.*\n +1 +38 +4 +udp 10\.0\.0\.1:4000 > 10\.0\.0\.2:53 /)
    expect(out).toMatch(/ UNTRACKED +table 0: no flow matches\nand 1 frame without IP\n/)
    expect(out).toContain(' table=0, n_packets=3, n_bytes=162, priority=32768,tcp,ct_state=-trk actions=ct(table=1)\n')
    expect(out).toMatch(/# the connection table\ntcp,orig=/)
  })

  test('flows: as dump-flows', async () => {
    expect((await run('-o', 'flows')).out.split('\n').map((line) => line.slice(0, 22))).toEqual([
      ' table=0, n_packets=3,', ' table=1, n_packets=3,', '',
    ])
  })

  test('packets: a row a frame, those without IP among them', async () => {
    const rows = (await run('-o', 'packets')).out.trimEnd().split('\n').map((row) => row.split('\t'))
    expect(rows.map(([frame, , port, fate, verdict]) => [frame, port, fate, verdict].join(' '))).toEqual([
      '1 1 output:2 NEW', '2 1 output:2 ESTABLISHED', '3 1 output:2 ESTABLISHED', '4 1 drop UNTRACKED', '5 1 drop -',
    ])
  })

  test('json and jsonl: the same as data', async () => {
    const report = JSON.parse((await run('-o', 'json')).out) as { flows: { packets: number }[], conntrack: string[] }
    expect(report).toMatchObject({
      packets: 4,
      dropped: { packets: 1, framesWithoutIp: 1, flows: [{ decision: { reason: 'no flow', table: 0, path: [{ table: 0, line: null }] } }] },
      flows: [{ table: 0, line: 1, packets: 3, told: null }, { table: 1, line: 2, packets: 3 }], findings: [],
    })
    expect(report.conntrack).toHaveLength(1)
    const [first] = (await run('-o', 'jsonl')).out.split('\n')
    expect(JSON.parse(first!)).toMatchObject({
      frame: 1, inPort: '1', source: '10.0.0.1',
      decision: {
        fate: 'output', ports: ['2'], line: 2, path: [{ table: 0, line: 1 }, { zone: 0, ctState: '+new+trk' }, { table: 1 }, { zone: 0 }],
      },
    })
  })

  test('conntrack: as dpctl/dump-conntrack', async () => {
    expect((await run('-o', 'conntrack')).out).toMatch(/^tcp,orig=\(src=10\.0\.0\.1,.*protoinfo=\(state=ESTABLISHED\)\n$/)
  })
})

describe('what it refuses', () => {
  test.each([
    [['rules', flows], /rules takes a ruleset and a capture/], [['rules', flows, capture, '--port', '1'], /--port is for --openflow/],
    [['rules', '--openflow', flows, capture, '-o', 'save'], /text, flows, packets/],
    [['rules', '--openflow', flows, capture, '--flush-at', '+1s'], /not for --openflow/],
    [['rules', '--openflow', `${flows}.none`, capture], /ENOENT/],
    [['rules', '--openflow', folder.file('bad', 'actions=learn()'), capture], /bad:1: the action "learn" is not supported/],
  ])('%j', async (args, message) => {
    const { code, error } = await command(args)
    expect(code).toBe(EXIT.USAGE)
    expect(error).toMatch(message)
  })

  test('but not with --lenient', async () => {
    const bad = folder.file('bad', 'actions=learn()\nactions=1')
    const { code, error, out } = await command(['rules', '--openflow', bad, capture, '--lenient'])
    expect(code).toBe(EXIT.DONE)
    expect(error).toMatch(/bad:1: the action "learn" is not supported.*; the flow matches nothing\n$/)
    expect(out).toMatch(/^No packet of 4 is dropped\./)
  })
})
