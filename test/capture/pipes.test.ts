// What is still being written is read as it comes: standard input, a FIFO, a file through a program.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import { openCapture } from '../../src/capture/open.ts'
import { encodePcap } from '../../scripts/lib/pcap.ts'
import { buildInto } from '../support/built.ts'
import { someFrames } from '../support/captures.ts'
import { Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })
const PROGRAM = buildInto(folder.path)

describe.skipIf(process.platform === 'win32')('a FIFO', () => {
  test('that nobody writes into yet is waited for, and what is written is had at once', async () => {
    const path = join(folder.path, 'fifo')
    execFileSync('mkfifo', [path])
    const source = await openCapture(path)
    const frame = new Frame()
    const file = encodePcap(someFrames(3, 60))
    const record = (file.length - 24) / 3 | 0
    expect(source.next(frame)).toBe(false)
    const writer = createWriteStream(path)
    const seen: number[] = []
    for (const [from, to] of [[0, 24 + record], [24 + record, file.length - 5], [file.length - 5, file.length]] as const) {
      writer.write(file.subarray(from, to))
      const before = seen.length
      while (seen.length === before && await source.fill()) while (source.next(frame)) seen.push(frame.number)
    }
    writer.end()
    while (await source.fill()) while (source.next(frame)) seen.push(frame.number)
    source.close()
    expect(seen).toEqual([1, 2, 3])
    expect(source.damage).toEqual([])
  })
})

describe('standard input', () => {
  const web = join(ROOT, 'samples/web.pcap')
  const expected = run([web]).stdout

  const asItIs = (bytes: Uint8Array): Uint8Array => bytes

  test.each([['as it is', asItIs], ['packed', gzipSync]] as const)('%s, from a pipe and from a file', (_name, pack) => {
    const bytes = pack(readFileSync(web))
    expect(run(['-'], bytes).stdout).toBe(expected)
    const path = folder.file('stdin', bytes)
    const words = ['-c', '"$0" "$1" packets - < "$2"', process.execPath, PROGRAM, path]
    expect(spawnSync('sh', words, { encoding: 'utf8' }).stdout).toBe(expected)
  })

  test('is one of several inputs', () => {
    const dns = join(ROOT, 'samples/dns.pcap')
    expect(run(['-', dns], readFileSync(web)).stdout).toBe(run([web, dns]).stdout)
  })

  test('cut short: what came is printed, exit 3', () => {
    const { status, stdout, stderr } = run(['-'], readFileSync(web).subarray(0, -1))
    expect(status).toBe(3)
    expect(expected.startsWith(stdout)).toBe(true)
    expect(stderr).toMatch(/standard input: .*TRUNCATED at byte \d+/)
  })

  test('growing prints what has come before the rest is there', async () => {
    const bytes = readFileSync(web)
    const child = spawn(process.execPath, [PROGRAM, 'packets', '-'], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.write(bytes.subarray(0, 1000))
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      out += piece
      if (child.stdin.writable && out.startsWith('1\t')) child.stdin.end(bytes.subarray(1000))
    })
    await new Promise((resolve) => { child.on('close', resolve) })
    expect(out).toBe(expected)
  })
})

function run(paths: readonly string[], input?: Uint8Array) {
  return spawnSync(process.execPath, [PROGRAM, 'packets', ...paths], { encoding: 'utf8', input: input ?? '' })
}
