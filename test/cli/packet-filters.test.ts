// The filters of conntrack(8) on packets: each is asked for its connection, whatever conntrack said of it.

import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { command, Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'
import { arp, back, handshake, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const capture = folder.capture('filters.pcap', [
  ...handshake(START, { sport: 40_000 }), // 1 to 3
  { sec: START + 1, bytes: udp({ sport: 5000 }) }, // 4
  { sec: START + 2, bytes: tcp(back({ sport: 40_000, dport: 80 }), 'R', { seq: 90_000_000 }) }, // 5: INVALID, of the first connection
  { sec: START + 3, bytes: tcp({ from: 7, sport: 40_002 }, 'FA', { seq: 1 }) }, // 6: INVALID, of none
  { sec: START + 4, bytes: arp() }, // 7
  { sec: START + 5, bytes: tcp({ from: 8, sport: 40_003 }, 'S', { seq: 1 }) }, // 8
  { sec: START + 6, bytes: tcp(back({ from: 8, sport: 40_003, dport: 80 }), 'RA', { seq: 0, ack: 2 }) }, // 9: ends it
])

async function frames(...args: string[]): Promise<number[]> {
  const { code, out, error } = await command(['packets', ...args])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return out.trimEnd().split('\n').filter((line) => line !== '').map((line) => Number(line.split('\t')[0]))
}

describe('packets', () => {
  test.each([
    [['-p', 'udp'], [4]],
    [['-p', 'tcp'], [1, 2, 3, 5, 6, 8, 9]],
    [['-s', '10.0.0.1'], [1, 2, 3, 4, 5]],
    [['-s', '10.0.0.2'], []],
    [['-r', '10.0.0.2', '-p', 'tcp'], [1, 2, 3, 5, 6, 8, 9]],
    [['--sport', '40000'], [1, 2, 3, 5]],
    [['--sport', '40002'], [6]],
    [['--sport', '40003'], [8, 9]],
    [['--reply-dst', '10.0.0.8'], [8, 9]],
    [['--dport', '80', '-s', '10.0.0.7'], [6]],
    [['--state', 'ESTABLISHED'], [3, 5]],
    [['--state', 'SYN_SENT'], [1, 8]],
    [['-u', 'UNREPLIED'], [1, 4, 8]],
    [['-u', 'ASSURED'], [3, 5]],
    [['-f', 'ipv6'], []],
  ])('of %j are those of the connection, and those without one by their own addresses', async (args, wanted) => {
    expect(await frames(capture, ...args)).toEqual(wanted)
  })

  test('are filtered in every form', async () => {
    const json = JSON.parse((await command(['packets', capture, '--sport', '40000', '-o', 'json'])).out) as { packets: { frame: number }[] }
    expect(json.packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 5])
    expect((await command(['packets', capture, '--sport', '40000', '-o', 'ovs'])).out)
      .toBe('1: +trk+new\n2: +trk+est+rpl\n3: +trk+est\n5: +trk+inv\n')
    expect((await command(['packets', capture, '-p', 'udp', '-o', 'table'])).out.match(/udp/g)).toHaveLength(1)
  })

  test('that quote another in an ICMP error count to its connection', async () => {
    const sample = join(ROOT, 'samples/icmp-errors.pcap')
    const errors = (await command(['packets', sample])).out.split('\n').filter((line) => line.includes('\tRELATED\t'))
      .map((line) => Number(line.split('\t')[0]))
    expect(errors.length).toBeGreaterThan(0)
    const ofIcmp = await frames(sample, '-p', 'icmp')
    expect(errors.filter((frame) => ofIcmp.includes(frame))).toEqual([])
    const all = await Promise.all(['tcp', 'udp', 'icmp', 'icmpv6'].map((name) => frames(sample, '-p', name)))
    expect(all.flat().sort((a, b) => a - b)).toEqual(await frames(sample))
  })

  test('are filtered by addresses where they are fragments', async () => {
    const sample = join(ROOT, 'samples/fragments.pcap')
    const [v4, v6] = [await frames(sample, '-f', 'ipv4'), await frames(sample, '-f', 'ipv6')]
    expect([...v4, ...v6].sort((a, b) => a - b)).toEqual(await frames(sample))
    expect(v4.length).toBeGreaterThan(0)
  })
})

describe('stats', () => {
  test('counts the packets that fit, and says how many those are', async () => {
    const { out } = await command(['stats', capture, '-s', '10.0.0.1', '-p', 'tcp', '-o', 'json'])
    expect(JSON.parse(out)).toMatchObject({
      frames: 9, packets: 8, counted: 4, created: 3,
      verdicts: { NEW: { original: 1 }, ESTABLISHED: { original: 1, reply: 1 }, INVALID: { original: 1 } },
      protocols: [{ protocol: 'tcp', packets: 4 }], reasons: [{ packets: 1 }],
    })
    expect((await command(['stats', capture, '-s', '10.0.0.1', '-p', 'tcp'])).out).toMatch(/^9 frames, 8 IP packets; 4 of them fit the filters, /)
    expect((await command(['stats', capture])).out).toMatch(/^9 frames, 8 IP packets, /)
  })

  test('adds up to the whole', async () => {
    const count = async (...args: string[]): Promise<number> =>
      (JSON.parse((await command(['stats', capture, '-o', 'json', ...args])).out) as { counted: number }).counted
    expect(await count('-p', 'tcp') + await count('-p', 'udp')).toBe(await count())
  })
})
