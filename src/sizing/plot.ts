// Lines and bars of a terminal.

const BLOCKS = ' ▁▂▃▄▅▆▇█'

/**
 * A bar a column, `height` lines from the top, with the scale at the left. Values beyond `width` columns share one: the largest counts.
 * @param width   columns there are, the scale's included
 */
export function barPlot(values: readonly number[], width: number, height = 8): string[] {
  const most = Math.max(1, ...values)
  const label = String(most).length
  const columns = Math.max(1, Math.min(values.length, width - label - 2))
  const bars = Array.from({ length: columns }, (_, i) => {
    const from = Math.floor(i * values.length / columns)
    return Math.max(...values.slice(from, Math.max(from + 1, Math.floor((i + 1) * values.length / columns))))
  })
  return Array.from({ length: height }, (_, line) => {
    const below = height - 1 - line
    const scale = line === 0 ? String(most) : below === 0 ? '0' : ''
    const cells = bars.map((value) => {
      const eighths = Math.round(value / most * height * 8) - below * 8
      return BLOCKS[Math.max(value > 0 && below === 0 ? 1 : 0, Math.min(8, eighths))] ?? ' '
    }).join('')
    return `${scale.padStart(label)} ┤${cells}`.trimEnd()
  })
}
