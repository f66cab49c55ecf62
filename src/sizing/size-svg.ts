// Entries over time by protocol and state, as a picture.

import type { KindCount, SizeReport } from './size-report.ts'

const WIDTH = 860
const HEIGHT = 360
const LEFT = 70
const RIGHT = 190
const TOP = 34
const BOTTOM = 40
const MOST_KINDS = 8
const COLOURS = ['#3b6fb6', '#e08a2e', '#4c9f70', '#c04f4f', '#8365a8', '#8c6d57', '#c777a8', '#9aa03a', '#8a8a8a']

const nameOf = ({ protocol, state }: KindCount): string => (state === '' ? protocol : `${protocol} ${state}`)
const round = (value: number): string => String(Math.round(value * 10) / 10)

/** An SVG document: stacked counts at the end of each interval, a line for the peaks within, a dashed one for nf_conntrack_max. */
export function sizeSvg(report: SizeReport): string {
  const { series, interval, peak, max } = report
  const totals = new Map<string, number>()
  for (const { kinds } of series) for (const kind of kinds) totals.set(nameOf(kind), Math.max(totals.get(nameOf(kind)) ?? 0, kind.entries))
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name)
  const names = ranked.length > MOST_KINDS ? [...ranked.slice(0, MOST_KINDS), 'other'] : ranked
  const most = Math.max(1, peak?.entries ?? 0)
  const seconds = Math.max(interval, series.length * interval)
  const x = (second: number): string => round(LEFT + second / seconds * (WIDTH - LEFT - RIGHT))
  const y = (entries: number): string => round(HEIGHT - BOTTOM - entries / most * (HEIGHT - TOP - BOTTOM))
  const below = new Array<number>(series.length).fill(0)
  const areas = names.map((name, i) => {
    const lower = series.map((_, at) => `${x((at + 1) * interval)},${y(below[at] ?? 0)}`).reverse()
    series.forEach(({ kinds }, at) => {
      for (const kind of kinds) {
        const own = nameOf(kind)
        if (own === name || (name === 'other' && !names.includes(own))) below[at] = (below[at] ?? 0) + kind.entries
      }
    })
    const upper = series.map((_, at) => `${x((at + 1) * interval)},${y(below[at] ?? 0)}`)
    return `<polygon fill="${COLOURS[i] ?? '#000'}" points="${[...upper, ...lower].join(' ')}"/>`
  })
  const peaks = series.map((point, at) => `${x((at + 0.5) * interval)},${y(point.peak)}`).join(' ')
  const legend = names.map((name, i) => `<rect x="${String(WIDTH - RIGHT + 16)}" y="${String(TOP + i * 20)}" width="12" height="12" ` +
    `fill="${COLOURS[i] ?? '#000'}"/><text x="${String(WIDTH - RIGHT + 34)}" y="${String(TOP + 10 + i * 20)}">${name}</text>`)
  const title = peak === null ? 'no entries' : `${String(peak.entries)} entries at the peak, frame ${String(peak.frame)}`
  const bound = max === 0 || max > most ? '' :
    `<line x1="${String(LEFT)}" x2="${String(WIDTH - RIGHT)}" y1="${y(max)}" y2="${y(max)}" stroke="#c00" stroke-dasharray="6 4"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${String(WIDTH)}" height="${String(HEIGHT)}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${String(LEFT)}" y="20" font-size="14">${title}</text>
${areas.join('\n')}
<polyline fill="none" stroke="#222" points="${peaks}"/>
${bound}
<path d="M${String(LEFT)} ${String(TOP)}V${String(HEIGHT - BOTTOM)}H${String(WIDTH - RIGHT)}" fill="none" stroke="#222"/>
<text x="${String(LEFT - 6)}" y="${String(TOP + 10)}" text-anchor="end">${String(most)}</text>
<text x="${String(LEFT - 6)}" y="${String(HEIGHT - BOTTOM)}" text-anchor="end">0</text>
<text x="${String(LEFT)}" y="${String(HEIGHT - BOTTOM + 18)}">0 s</text>
<text x="${String(WIDTH - RIGHT)}" y="${String(HEIGHT - BOTTOM + 18)}" text-anchor="end">${round(seconds)} s</text>
${legend.join('\n')}
</svg>
`
}
