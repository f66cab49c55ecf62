import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { events } from '../../src/index.ts'
import { command, Folder } from '../support/command.ts'
import { back, handshake, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
/** Fifty seconds of silence follow the first two: the UDP entry's time is up after thirty. */
const busy = folder.capture('busy.pcap', [
  { sec: START, nsec: 500_000_000, bytes: udp({ sport: 5000 }) },
  ...handshake(START + 1, { sport: 40_000 }),
  { sec: START + 50, bytes: tcp({ sport: 40_000 }, 'R', { seq: 1001 }) },
  { sec: START + 55, nsec: 123_456_789, bytes: tcp({ sport: 40_000 }, 'S', { seq: 900_000 }) },
  { sec: START + 56, bytes: tcp(back({ sport: 40_000, dport: 80 }), 'RA', { seq: 0, ack: 900_001 }) },
  { sec: START + 57, bytes: tcp({ sport: 40_001 }, 'S', { seq: 1 }) },
  { sec: START + 57, nsec: 1_000_000, bytes: tcp({ sport: 40_001 }, 'R', { seq: 2 }) },
])
const TCP = 'src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80'
const BACK = 'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000'

const linesOf = async (...args: string[]): Promise<string[]> => {
  const { code, error, out } = await command(['events', busy, ...args])
  expect({ code, error }).toEqual({ code: EXIT.DONE, error: '' })
  return out.trimEnd().split('\n')
}

describe('events', () => {
  test('prints what is new, changed and gone, each at its own time, with why it went', async () => {
    expect(await linesOf()).toEqual([
      '[1700000000.500000]\t    [NEW] ipv4     2 udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=5000 dport=53 [UNREPLIED] ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5000',
      `[1700000001.000000]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT ${TCP} [UNREPLIED] ${BACK}`,
      `[1700000001.001000]\t [UPDATE] ipv4     2 tcp      6 60 SYN_RECV ${TCP} ${BACK}`,
      `[1700000001.002000]\t [UPDATE] ipv4     2 tcp      6 432000 ESTABLISHED ${TCP} ${BACK} [ASSURED]`,
      '[1700000030.500000]\t[DESTROY] ipv4     2 udp      17 src=10.0.0.1 dst=10.0.0.2 sport=5000 dport=53 [UNREPLIED] ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5000 reason=timeout',
      `[1700000050.000000]\t [UPDATE] ipv4     2 tcp      6 10 CLOSE ${TCP} ${BACK} [ASSURED]`,
      `[1700000055.123456]\t[DESTROY] ipv4     2 tcp      6 4 CLOSE ${TCP} ${BACK} [ASSURED] reason=reopened`,
      `[1700000055.123456]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT ${TCP} [UNREPLIED] ${BACK}`,
      `[1700000056.000000]\t[DESTROY] ipv4     2 tcp      6 119 CLOSE ${TCP} [UNREPLIED] ${BACK} reason=killed`,
      '[1700000057.000000]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=40001 dport=80 [UNREPLIED] ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40001',
      '[1700000057.001000]\t[DESTROY] ipv4     2 tcp      6 119 CLOSE src=10.0.0.1 dst=10.0.0.2 sport=40001 dport=80 [UNREPLIED] ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40001 reason=killed',
    ])
  })

  test('takes the filters of conntrack(8)', async () => {
    const all = await linesOf()
    expect(await linesOf('-e', 'DESTROY')).toEqual(all.filter((line) => line.includes('[DESTROY]')))
    expect(await linesOf('-e', 'new,UPDATES', '-p', 'tcp')).toEqual(all.filter((line) => /\[(NEW|UPDATE)\].* tcp /.test(line)))
    expect(await linesOf('--sport', '5000')).toEqual(all.filter((line) => line.includes('sport=5000 dport=53')))
    expect(await linesOf('--state', 'ESTABLISHED')).toEqual(all.filter((line) => line.includes('ESTABLISHED')))
  })

  test('counts what is gone with nf_conntrack_acct', async () => {
    const [line = ''] = await linesOf('-e', 'DESTROY', '-p', 'udp', '--sysctl', 'nf_conntrack_acct=1')
    expect(line).toContain('dport=53 packets=1 bytes=38 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5000 packets=0 bytes=0 ')
  })

  test('tells who made room in a full table', async () => {
    const crowd = folder.capture('crowd.pcap', Array.from({ length: 1000 }, (_, i) => ({ sec: START, bytes: udp({ sport: 1000 + i }) })))
    const { out } = await command(['events', crowd, '-e', 'DESTROY', '--sysctl', 'nf_conntrack_max=256'])
    const lines = out.trim().split('\n')
    expect(lines.length).toBeGreaterThan(100) // eight chains of a thousand are looked through for each, and hold two entries
    expect(lines.filter((line) => !line.endsWith('reason=early-drop'))).toEqual([])
  })

  test('says the same in JSON and XML, and in the library', async () => {
    const lines = await linesOf()
    const document = JSON.parse((await linesOf('-o', 'json')).join('\n')) as { events: { event: string, reason: string | null }[] }
    const reasons = document.events.map(({ reason }) => reason)
    const each = (await linesOf('-o', 'jsonl')).map((line) => JSON.parse(line) as unknown)
    expect(each).toEqual(document.events)
    expect(document.events.map(({ event }) => event)).toEqual(lines.map((line) => /\[([A-Z]+)\]/.exec(line)?.[1]))
    expect(reasons.filter((reason) => reason !== null)).toEqual(['timeout', 'reopened', 'killed', 'killed'])
    const xml = (await linesOf('-o', 'xml')).filter((line) => line.startsWith('<flow'))
    expect(xml.map((line) => /type="(\w+)"/.exec(line)?.[1]?.toUpperCase())).toEqual(document.events.map(({ event }) => event))
    expect(xml[0]).toContain('<hour>22</hour><min>13</min><sec>20</sec><wday>3</wday><day>14</day><month>11</month><year>2023</year>')
    const rows = []
    for await (const { event, time, frame } of events(busy)) rows.push({ event, time, frame })
    expect(rows.slice(3, 5)).toEqual([
      { event: 'UPDATE', time: '1700000001002000000', frame: 4 }, { event: 'DESTROY', time: '1700000030500000000', frame: null },
    ])
    expect(rows).toHaveLength(lines.length)
  })

  test('refuses a kind of event there is not', async () => {
    const { code, error } = await command(['events', busy, '-e', 'OLD'])
    expect(code).toBe(EXIT.USAGE)
    expect(error).toContain('UPDATES')
  })
})
