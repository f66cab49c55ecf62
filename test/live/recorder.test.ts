// Files of what was tracked rotate as tcpdump's do.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import { Recorder, strftime } from '../../src/live/recorder.ts'
import { read } from '../support/captures.ts'
import { aim } from '../support/conversation.ts'
import { udp } from '../support/traffic.ts'

let folder = ''
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'pcap-conntrack-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const START = 1_700_000_000

/** Records frames of 1042 bytes at seconds behind START. @returns number of frames in each file, by name */
async function record(name: string, seconds: readonly number[], options: ConstructorParameters<typeof Recorder>[1]) {
  const recorder = new Recorder(join(folder, name), options)
  const frame = new Frame()
  seconds.forEach((sec, i) => {
    aim(frame, { sec: START + sec, bytes: udp({ sport: i + 1 }, 1000) }, i + 1)
    recorder.write(frame)
  })
  recorder.close()
  const names = readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return Promise.all(names.map(async (file) => `${file}: ${(await read(join(folder, file))).frames.length}`))
}

describe('what is recorded', () => {
  test('is one file unless told otherwise', async () => {
    expect(await record('x.pcap', [0, 1, 100], { mostBytes: null, seconds: null })).toEqual(['x.pcap: 3'])
  })

  test('begins another file after so many bytes (-C)', async () => {
    const seconds = Array.from({ length: 5 }, (_, i) => i)
    expect(await record('x.pcap', seconds, { mostBytes: 2000, seconds: null })).toEqual(['x.pcap: 2', 'x.pcap1: 2', 'x.pcap2: 1'])
  })

  test('begins another file after so many seconds (-G), by the time of the packets', async () => {
    const names = [0, 10, 25].map((sec) => strftime('%s.pcap', START + sec))
    expect(await record('%s.pcap', [0, 9, 10, 19, 25], { mostBytes: null, seconds: 10 }))
      .toEqual([`${names[0]}: 2`, `${names[1]}: 2`, `${names[2]}: 1`])
  })

  test('counts the files of one length of time when both are given', async () => {
    expect(await record('%s.pcap', [0, 1, 2, 10], { mostBytes: 2000, seconds: 10 }))
      .toEqual([`${START}.pcap: 2`, `${START}.pcap1: 1`, `${START + 10}.pcap: 1`])
  })

  test('is read again as one capture', async () => {
    await record('x.pcap', Array.from({ length: 25 }, (_, i) => i), { mostBytes: 2000, seconds: null })
    const files = readdirSync(folder).sort().map((name) => join(folder, name))
    const ports = (await read(files)).frames.map((line) => parseInt(line.split(' ').at(-1)!.slice(68, 72), 16))
    expect(ports).toEqual(Array.from({ length: 25 }, (_, i) => i + 1))
  })
})

test('names of files are made as strftime(3) makes them', () => {
  const sec = new Date(2026, 1, 3, 4, 5, 6).getTime() / 1000
  expect(strftime('a-%Y%m%d-%H%M%S-%y-%j-%F-%T-%s-%%-%q', sec)).toBe(`a-20260203-040506-26-034-2026-02-03-04:05:06-${sec}-%-%q`)
})
