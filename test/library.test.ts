import { afterAll, describe, expect, test } from 'vitest'
import { CaptureError, packets, printProc, statistics, table, tables, UsageError } from '../src/index.ts'
import { Folder } from './support/command.ts'
import { handshake, udp } from './support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const web = folder.capture('web.pcap', [...handshake(START, {}), { sec: START + 10, bytes: udp() }])
const usb = folder.capture('usb.pcap', [{ sec: START, bytes: udp() }], 147)

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('table', () => {
  test('gives the entries at the end', async () => {
    expect((await table(web)).map((row) => printProc(row))).toEqual([
      'ipv4     2 tcp      6 431990 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 [ASSURED] mark=0 zone=0 use=2',
      'ipv4     2 udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=53 [UNREPLIED] ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=53 dport=4000 mark=0 zone=0 use=2',
    ])
  })

  test('takes knobs, a profile and an instant', async () => {
    const [row] = await table(web, { at: 'frame:1', sysctl: { tcp_timeout_syn_sent: 20 } })
    expect(row).toMatchObject({ state: 'SYN_SENT', timeout: 20, seenReply: false })
    expect(await table(web, { at: 'end+11s', profile: 'linux-2.4' })).toMatchObject([{ timeout: 431_979 }, { timeout: 19 }])
  })
})

describe('tables', () => {
  test('gives one for each instant, in the order of time', async () => {
    const shown = await all(tables(web, { at: ['end', '+5s', 'frame:2'] }))
    expect(shown.map(({ at, frame, entries }) => [at, frame, entries[0]?.state])).toEqual([
      ['frame:2', 2, 'SYN_RECV'], ['+5s', 3, 'ESTABLISHED'], ['end', 4, 'ESTABLISHED'],
    ])
  })

  test('gives them at equal distances', async () => {
    expect((await all(tables(web, { every: '4s' }))).map(({ at }) => at)).toEqual(['+4s', '+8s', 'end'])
  })

  test('refuses what is no instant, and a frame that never comes', async () => {
    await expect(all(tables(web, { at: 'noon' }))).rejects.toThrow(UsageError)
    await expect(all(tables(web, { at: 'frame:5' }))).rejects.toThrow('4 frames')
  })
})

describe('packets', () => {
  test('gives one row for each', async () => {
    expect((await all(packets(web))).map(({ frame, verdict, direction }) => [frame, verdict, direction])).toEqual([
      [1, 'NEW', 'original'], [2, 'ESTABLISHED', 'reply'], [3, 'ESTABLISHED', 'original'], [4, 'NEW', 'original'],
    ])
  })

  test('gives all of more than one batch', async () => {
    const many = folder.capture('many.pcap', Array.from({ length: 2500 }, (_, i) => ({ sec: START, bytes: udp({ sport: i + 1 }) })))
    expect((await all(packets(many))).map(({ frame }) => frame)).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1))
  })
})

describe('statistics', () => {
  test('counts', async () => {
    expect(await statistics(web)).toMatchObject({
      packets: 4, created: 2, counters: { entries: 2, insert: 0 }, protocols: [{ protocol: 'tcp' }, { protocol: 'udp' }],
    })
  })
})

describe('damaged input', () => {
  test('is thrown after what could be read was given', async () => {
    const shown: number[] = []
    await expect((async () => {
      for await (const { entries } of tables(usb)) shown.push(entries.length)
    })()).rejects.toThrow(CaptureError)
    expect(shown).toEqual([0])
  })

  test('is handed to who asks for it', async () => {
    const damage: string[] = []
    expect(await table(usb, { onDamage: ({ code }) => { damage.push(code) } })).toEqual([])
    expect(damage).toEqual(['UNSUPPORTED_LINKTYPE'])
  })
})
