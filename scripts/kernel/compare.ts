// What the kernel says beside what we say.

/** Verdicts and reasons of each packet, in order, and the table at the end. */
export interface Account {
  readonly verdicts: readonly string[]
  readonly reasons: readonly (readonly string[])[]
  readonly table: readonly string[]
}

export interface Difference {
  /** Which packet, from 0; null: the table at the end. */
  readonly packet: number | null
  readonly kernel: string
  readonly ours: string
}

/**
 * Everything that is not the same.
 * @param slackSec  how far apart timeouts may be: the kernel's clock went on while packets were on their way
 */
export function differences(kernel: Account, ours: Account, slackSec: number): Difference[] {
  const found: Difference[] = []
  kernel.verdicts.forEach((verdict, packet) => {
    const theirs = say(verdict, kernel.reasons[packet] ?? [])
    const mine = say(ours.verdicts[packet] ?? 'nothing', ours.reasons[packet] ?? [])
    if (theirs !== mine) found.push({ packet, kernel: theirs, ours: mine })
  })
  return [...found, ...tableDifferences(kernel.table, ours.table, slackSec)]
}

/** Lines that stand in one table only, paired as far as they are about the same tuple. */
export function tableDifferences(kernel: readonly string[], ours: readonly string[], slackSec: number): Difference[] {
  const left = ours.map(parseLine)
  const found: Difference[] = []
  const unmatched: Line[] = []
  for (const line of kernel.map(parseLine)) {
    const at = left.findIndex((mine) => mine.rest === line.rest && Math.abs(mine.timeout - line.timeout) <= slackSec)
    if (at < 0) unmatched.push(line)
    else left.splice(at, 1)
  }
  for (const line of unmatched) {
    const at = left.findIndex((mine) => mine.tuple === line.tuple)
    const mine = at < 0 ? undefined : left.splice(at, 1)[0]
    found.push({ packet: null, kernel: line.text, ours: mine?.text ?? 'no such entry' })
  }
  return [...found, ...left.map((mine) => ({ packet: null, kernel: 'no such entry', ours: mine.text }))]
}

interface Line {
  readonly text: string
  readonly timeout: number
  /** Everything but the timeout. */
  readonly rest: string
  /** What names the connection. */
  readonly tuple: string
}

/** A line of /proc/net/nf_conntrack. `use=` counts the kernel's own references and says nothing. */
function parseLine(raw: string): Line {
  const text = raw.replace(/ use=\d+\s*$/, '').trim()
  const found = /^(\S+\s+\d+ \S+\s+\d+) (\d+) (.*)$/.exec(text)
  if (found === null) throw new Error(`not a line of /proc/net/nf_conntrack: ${raw}`)
  const [, head = '', timeout, rest = ''] = found
  return { text, timeout: Number(timeout), rest: `${head} ${rest}`, tuple: `${head.replace(/\s+/g, ' ')} ${/src=.*? (?=packets=|\[|src=)/.exec(rest)?.[0] ?? ''}` }
}

const say = (verdict: string, reasons: readonly string[]): string => [verdict, ...reasons.map((reason) => reason.trim())].join('; ')
