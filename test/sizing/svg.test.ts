// The picture of `size --svg`: well-formed, and its numbers are those of the report.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { size, type SizeReport, sizeSvg } from '../../src/index.ts'
import { command, Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'
import { handshake, type Seen, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const FILLING = join(ROOT, 'samples/filling-table.pcap')

/** Elements by name, with their attributes and text; throws where tags do not close as they should. */
function elements(svg: string): { name: string, attributes: Record<string, string>, text: string }[] {
  const found: { name: string, attributes: Record<string, string>, text: string }[] = []
  const open: string[] = []
  const tags = /<(\/?)(\w+)((?:\s+[\w:-]+="[^"<&]*")*)\s*(\/?)>([^<]*)/y
  while (tags.lastIndex < svg.length) {
    const at = tags.lastIndex
    const [, close = '', name = '', attributes = '', empty = '', text = ''] = tags.exec(svg) ?? []
    if (name === '') throw new Error(`not well-formed from ${svg.slice(at, at + 40)}`)
    if (close !== '') expect(open.pop()).toBe(name)
    else {
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])
      found.push({ name, text, attributes: Object.fromEntries(pairs) as Record<string, string> })
      if (empty === '') open.push(name)
    }
  }
  expect(open).toEqual([])
  return found
}

const points = (text = ''): [x: number, y: number][] => text.split(' ').map((pair) => pair.split(',').map(Number) as [number, number])

/** Where the axes lie, read off the picture itself. */
function scaleOf(svg: string, { peak }: SizeReport): { entriesAt: (y: number) => number } {
  const [, top = '', bottom = ''] = /d="M\d+ (\d+)V(\d+)H/.exec(svg) ?? []
  const most = Math.max(1, peak?.entries ?? 0)
  return { entriesAt: (y) => (Number(bottom) - y) / (Number(bottom) - Number(top)) * most }
}

describe('the picture', () => {
  test('shows the peak of each interval, and in layers what there was at its end', async () => {
    const report = await size(FILLING)
    const svg = sizeSvg(report)
    const all = elements(svg)
    const { entriesAt } = scaleOf(svg, report)
    const line = points(all.find(({ name }) => name === 'polyline')?.attributes.points)
    expect(line.length).toBe(report.series.length)
    line.forEach(([, y], i) => { expect(Math.abs(entriesAt(y) - (report.series[i]?.peak ?? -1))).toBeLessThan(0.5) })
    const layers = all.filter(({ name }) => name === 'polygon').map(({ attributes }) => points(attributes.points))
    const tops = layers.at(-1)?.slice(0, report.series.length) ?? []
    tops.forEach(([, y], i) => { expect(Math.abs(entriesAt(y) - (report.series[i]?.entries ?? -1))).toBeLessThan(0.5) })
    const legend = all.filter(({ name, attributes }) => name === 'text' && Number(attributes.x) > 680).map(({ text }) => text)
    expect(legend.slice(0, 2)).toEqual(['tcp SYN_SENT', 'tcp TIME_WAIT'])
    const kinds = report.series.flatMap((point) => point.kinds.map(({ protocol, state }) => `${protocol} ${state}`))
    expect(new Set(legend)).toEqual(new Set(kinds))
    expect(legend.length).toBe(layers.length)
  })

  test('says the peak and its frame, and how long the capture is', async () => {
    const report = await size(FILLING)
    const texts = elements(sizeSvg(report)).filter(({ name }) => name === 'text').map(({ text }) => text)
    expect(texts[0]).toBe('176 entries at the peak, frame 330')
    expect(texts).toContain('176')
    expect(texts).toContain(`${String(Math.round(report.series.length * report.interval * 10) / 10)} s`)
  })

  test('has a dashed line where nf_conntrack_max is in sight, and none above', async () => {
    const dashed = (report: SizeReport): { y1?: string } | undefined =>
      elements(sizeSvg(report)).find(({ attributes }) => attributes['stroke-dasharray'] !== undefined)?.attributes
    const full = await size(FILLING, { max: 100 })
    const { entriesAt } = scaleOf(sizeSvg(full), full)
    expect(Math.abs(entriesAt(Number(dashed(full)?.y1)) - 100)).toBeLessThan(0.5)
    expect(dashed(await size(FILLING, { max: 0 }))).toBeUndefined()
    expect(dashed(await size(FILLING, { max: 1000 }))).toBeUndefined()
  })

  test('is well-formed without a connection, and with more kinds than colours', async () => {
    expect(elements(sizeSvg(await size(folder.capture('none.pcap', []))))[2]?.text).toBe('no entries')
    const frames: Seen[] = [...handshake(START, {}), { sec: START + 2, bytes: udp() }]
    const report = await size(folder.capture('kinds.pcap', frames))
    const kinds = Array.from({ length: 12 }, (_, i) => ({ protocol: 'tcp', state: `STATE_${String(i)}`, entries: 12 - i }))
    const many = { ...report, series: report.series.map((point) => ({ ...point, kinds })) }
    const legend = elements(sizeSvg(many)).filter(({ name, attributes }) => name === 'text' && Number(attributes.x) > 680)
    expect(legend.map(({ text }) => text).at(-1)).toBe('other')
    expect(legend.length).toBe(9)
  })

  test('goes into the file that --svg names; one that cannot be written is an error', async () => {
    const path = join(folder.path, 'out.svg')
    expect((await command(['size', FILLING, '--svg', path])).code).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(sizeSvg(await size(FILLING)))
    const { code, error } = await command(['size', FILLING, '--svg', join(folder.path, 'no/such/place.svg')])
    expect(code).toBe(2)
    expect(error).toContain('--svg ')
  })
})
