// The program as a process of its own: what only the operating system can do to it.

import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { buildInto } from '../support/built.ts'
import { Folder } from '../support/command.ts'
import { udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const many = folder.capture('many.pcap', Array.from({ length: 20_000 }, (_, i) => ({ sec: START + i, bytes: udp({ sport: i + 1 }) })))
const PROGRAM = buildInto(folder.path)

/** Starts the program. @param stdout  where it writes: a pipe, or an open file */
function start(args: readonly string[], stdout: 'pipe' | number = 'pipe') {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', stdout, 'pipe'] })
  let error = ''
  child.stderr?.on('data', (bytes: Buffer) => { error += bytes.toString() })
  const ended = new Promise<{ code: number | null, error: string }>((resolve) => {
    child.on('close', (code) => { resolve({ code, error }) })
  })
  return { child, ended }
}

describe('the process', () => {
  test.each([
    [['packets']], [['packets', '--output', 'json']], [['snapshot', '--every', '100s']],
  ])('ends quietly when the reader of its pipe goes away: %s', async (args) => {
    const { child, ended } = start([...args, many])
    child.stdout?.once('data', () => { child.stdout?.destroy() })
    expect(await ended).toEqual({ code: EXIT.DONE, error: '' })
  })

  test('says that the disk is full', async () => {
    const { ended } = start(['packets', many], openSync('/dev/full', 'w'))
    expect(await ended).toEqual({ code: EXIT.OUTPUT, error: expect.stringMatching(/^pcap-conntrack: standard output: ENOSPC.*\n$/) as string })
  })

  test('tells how far it is on SIGUSR1, and ends on SIGINT with all that was read, the document closed', async () => {
    const { child, ended } = start(['packets', '-o', 'json', '-'])
    let out = ''
    let error = ''
    child.stderr?.on('data', (bytes: Buffer) => { error += bytes.toString() })
    const said = (text: () => string, wanted: RegExp): Promise<void> => new Promise((resolve) => {
      const look = (): void => { if (wanted.test(text())) resolve() }
      child.stdout?.on('data', look)
      child.stderr?.on('data', look)
    })
    child.stdout?.on('data', (bytes: Buffer) => { out += bytes.toString() })
    const packets = said(() => out, /"frame":20000/)
    child.stdin?.write(readFileSync(many)) // and is left open: there may be more
    await packets
    const report = said(() => error, /\n/)
    child.kill('SIGUSR1')
    await report
    expect(error).toMatch(/^pcap-conntrack: 20 000 packets, \d\.\d MB, .* packets\/s, \d+ connections\n$/)
    child.kill('SIGINT')
    expect((await ended).code).toBe(EXIT.INTERRUPTED)
    expect((JSON.parse(out) as { packets: unknown[] }).packets).toHaveLength(20_000)
  })

  test.each([
    ['diff', '--every', '100s'], ['snapshot', '--every', '100s', '-o', 'json'], ['events', '-o', 'xml'], ['stats', '-o', 'json'],
  ])('prints on SIGINT what there is of %s', async (...args) => {
    const { child, ended } = start([...args, '-'])
    let out = ''
    child.stdout?.on('data', (bytes: Buffer) => { out += bytes.toString() })
    // More than a pipe holds: once it is written, the program reads.
    await new Promise((resolve) => child.stdin?.write(readFileSync(many), resolve))
    child.kill('SIGINT')
    expect((await ended).code).toBe(EXIT.INTERRUPTED)
    if (args.includes('json')) JSON.parse(out)
    expect(out.length).toBeGreaterThan(0)
    if (args.includes('xml')) expect(out.trimEnd().endsWith('</conntrack>')).toBe(true)
  })

  test('writes all to a slow pipe', async () => {
    const { child, ended } = start(['packets', many])
    let lines = 0
    child.stdout?.on('data', (bytes: Buffer) => {
      for (const byte of bytes) if (byte === 10) lines++
    })
    child.stdout?.pause()
    setImmediate(() => child.stdout?.resume())
    expect(await ended).toEqual({ code: EXIT.DONE, error: '' })
    expect(lines).toBe(20_000)
  })
})
