import { afterAll, describe, expect, test } from 'vitest'
import { IDLE_TIMEOUTS, keepAliveFor } from '../../src/base/idle-timeouts.ts'
import type { IdleRow, Silence } from '../../src/sizing/idle.ts'
import { command, Folder } from '../support/command.ts'
import { back, handshake, type Seen, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const ENDS = { from: 1, to: 9, sport: 40_000, dport: 80 }

async function idle(name: string, frames: readonly Seen[]): Promise<{ silences: Silence[], devices: IdleRow[] }> {
  const { code, out, error } = await command(['idle', folder.capture(name, frames), '-o', 'json'])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return JSON.parse(out) as { silences: Silence[], devices: IdleRow[] }
}

/** An established connection, silent for so many seconds, that goes on. */
const silent = (seconds: number): Seen[] => [
  ...handshake(START, ENDS),
  { sec: START + seconds, nsec: 2_000_000, bytes: tcp(ENDS, 'PA', { seq: 1001, ack: 5001, length: 1 }) },
]

describe('a silence', () => {
  test.each([239, 240, 349, 350, 3600, 500_000])('of %i seconds is cut by the devices whose timeout it reaches', async (seconds) => {
    const { silences, devices } = await idle('tcp.pcap', silent(seconds))
    expect(silences).toEqual([{ flow: 'tcp 10.0.0.1:40000 → 10.0.0.9:80', protocol: 'tcp', seconds, frame: 4 }])
    for (const { name, tcp: timeout, tcpCut, udpCut } of devices) {
      expect([name, tcpCut, udpCut]).toEqual([name, timeout <= seconds ? 1 : 0, 0])
    }
  })

  test('of UDP counts against the timeouts of UDP', async () => {
    const ends = { from: 1, to: 9, sport: 500, dport: 500 }
    const { devices } = await idle('udp.pcap', [{ sec: START, bytes: udp(ends) }, { sec: START + 150, bytes: udp(back(ends)) }])
    for (const { name, udp: timeout, udpCut, tcpCut } of devices) expect([name, udpCut, tcpCut]).toEqual([name, timeout <= 150 ? 1 : 0, 0])
  })

  test('that nothing ends is none', async () => {
    const end = { sec: START + 9000, bytes: udp({ from: 7 }) }
    expect((await idle('end.pcap', [...handshake(START, ENDS), end])).silences).toEqual([])
  })

  test('after a connection was closed is none', async () => {
    const fin = { sec: START + 1, bytes: tcp(ENDS, 'FA', { seq: 1001, ack: 5001 }) }
    const late = { sec: START + 100, bytes: tcp(back(ENDS), 'A', { seq: 5001, ack: 1002 }) }
    expect((await idle('closed.pcap', [...handshake(START, ENDS), fin, late])).silences).toMatchObject([])
  })
})

test('every device has a source, and a keep-alive that it does not outlast', () => {
  for (const { source, tcp: timeout } of IDLE_TIMEOUTS) {
    expect(source).not.toBe('')
    expect(keepAliveFor(timeout) * 2).toBeLessThanOrEqual(timeout)
  }
})
