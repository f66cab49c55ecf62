// Findings for people at a terminal, and for tickets.

import { grouped } from '../base/grouped.ts'
import { count, type Severity } from './finding.ts'
import type { LeftOutSummary } from './left-out.ts'
import { type DiagnoseReport, type Part, partsOf, percent } from './report.ts'

const LABEL = 9 // columns
const COLOURS: Readonly<Record<Severity, string>> = { error: '1;31', warning: '1;33', info: '1;36' }
const MOST_REASONS = 6

export interface DiagnoseTextOptions {
  readonly colour?: boolean
  /** Columns to fit into; 0 for no bound. */
  readonly columns?: number
}

export function printDiagnoseText(report: DiagnoseReport, { colour = false, columns = 0 }: DiagnoseTextOptions = {}): string {
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const lines: string[] = []
  const add = ({ label, texts, verbatim }: Part, indent: string): void => {
    const width = columns - indent.length - LABEL
    texts.flatMap((text) => (verbatim ? [text] : wrap(text, width))).forEach((text, i) => {
      lines.push(`${indent}${i === 0 ? paint('2', label.padEnd(LABEL)) : ' '.repeat(LABEL)}${text}`)
    })
  }
  for (const [label, text] of heading(report)) add({ label, texts: [text], verbatim: false }, '')
  if (report.findings.length === 0) lines.push('nothing found')
  for (const finding of report.findings) {
    const severity = finding.severity.toUpperCase()
    const [first = '', ...rest] = wrap(`${severity}  ${finding.code}, ${percent(finding)}: ${finding.sentence}`, columns - 2)
    lines.push('', paint(COLOURS[finding.severity], severity) + first.slice(finding.severity.length),
      ...rest.map((text) => `  ${text}`))
    for (const part of partsOf(finding)) add(part, '  ')
  }
  for (const { title, text } of tablesOf(report)) lines.push('', paint('1', `# ${title}`), ...text)
  return `${lines.join('\n')}\n`
}

export function printDiagnoseMarkdown(report: DiagnoseReport): string {
  const lines = ['# What the capture says', '', ...heading(report).map(([label, text]) => `- ${label}: ${text}`)]
  if (report.findings.length === 0) lines.push('', 'Nothing found.')
  for (const finding of report.findings) {
    lines.push('', `## ${finding.code} · ${finding.severity} · ${percent(finding)}`, '', finding.sentence, '')
    for (const { label, texts, verbatim } of partsOf(finding)) {
      if (verbatim) lines.push(`- ${label}`, '', ...texts.map((text) => `      ${text}`), '')
      else lines.push(...texts.map((text) => `- ${label}: ${text}`))
    }
  }
  for (const { title, text } of tablesOf(report)) lines.push('', `## ${title}`, '', '```', ...text, '```')
  return `${lines.join('\n')}\n`
}

function heading({ vantage, copies, packets, leftOut, invalid }: DiagnoseReport): (readonly [label: string, text: string])[] {
  const lines: (readonly [string, string])[] = [['vantage', `${vantage.name}: ${vantage.reason}`]]
  if (copies > 0) lines.push(['copies', `${String(copies)} of ${String(packets)} packets are there a second time; the first was tracked`])
  if (leftOut.packets > 0) lines.push(['room', leftOutText(leftOut)])
  invalid.reasons.slice(0, MOST_REASONS).forEach(({ reason, packets: number }, i) => {
    lines.push([i === 0 ? 'invalid' : '', `${String(number)} × ${reason}`])
  })
  return lines
}

function leftOutText({ packets, connections, unanswered, worst }: LeftOutSummary): string {
  const text = `${count(packets, 'packet')} of ${count(connections, 'further connection')} were counted only (--flows looks at more); `
    + 'of those connections '
  if (unanswered === 0) return `${text}every one was answered`
  return `${text}${grouped(unanswered)} were never answered: ${worst.map(({ service, unanswered: times }) =>
    `${grouped(times)} of ${service}`).join(', ')}`
}

/** A director's tables, instant by instant. */
function tablesOf({ director }: DiagnoseReport): { title: string, text: readonly string[] }[] {
  return director.flatMap(({ at, time, untracked, tracked, ipvs }) => [
    { title: `${at}, ${time}: /proc/net/nf_conntrack with net.ipv4.vs.conntrack=0`, text: untracked },
    { title: `${at}, ${time}: /proc/net/nf_conntrack with net.ipv4.vs.conntrack=1`, text: tracked },
    { title: `${at}, ${time}: ipvsadm -Lnc`, text: ipvs },
  ])
}

/** Breaks a text at spaces into lines of so many columns; one that is longer than a line stays whole. */
function wrap(text: string, columns: number): string[] {
  if (columns <= 0) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
