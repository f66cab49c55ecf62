// Findings for people, for tickets and for programs.

import type { Context } from './context.ts'
import { count, type Finding } from './finding.ts'
import type { LeftOutSummary } from './left-out.ts'

export const DIAGNOSE_FORM_NAMES = ['text', 'json', 'md'] as const

export interface DiagnoseReport {
  readonly schema: string
  readonly vantage: { readonly name: string, readonly forwarding: string | null, readonly reason: string }
  readonly packets: number
  readonly copies: number
  /** Packets of flows that found no room among those kept, and their connections: what is said counts without them. */
  readonly leftOut: LeftOutSummary
  readonly findings: readonly Finding[]
}

export function diagnoseReport({ vantage, evidence }: Context, findings: readonly Finding[]): DiagnoseReport {
  return {
    schema: 'pcap-conntrack.diagnose/1',
    vantage: { name: vantage.name, forwarding: vantage.forwarding, reason: vantage.reason },
    packets: evidence.packets, copies: evidence.copies, leftOut: evidence.leftOut.summary(), findings,
  }
}

export function printDiagnoseText(report: DiagnoseReport): string {
  const lines = [`vantage  ${report.vantage.name}: ${report.vantage.reason}`]
  if (report.copies > 0) lines.push(`copies   ${String(report.copies)} of ${String(report.packets)} packets are there a second time; `
    + 'the first was tracked')
  if (report.leftOut.packets > 0) lines.push(`room     ${leftOutText(report.leftOut)}`)
  if (report.findings.length === 0) lines.push('nothing found')
  for (const finding of report.findings) {
    lines.push('', `${finding.severity.toUpperCase()}  ${finding.code}, ${percent(finding)}: ${finding.sentence}`)
    for (const [label, texts] of parts(finding)) texts.forEach((text, i) => { lines.push(`  ${(i === 0 ? label : '').padEnd(9)}${text}`) })
  }
  return `${lines.join('\n')}\n`
}

export function printDiagnoseMarkdown(report: DiagnoseReport): string {
  const lines = ['# What the capture says', '', `Vantage: **${report.vantage.name}**: ${report.vantage.reason}.`]
  if (report.copies > 0) lines.push('', `${String(report.copies)} of ${String(report.packets)} packets are there a second time; the `
    + 'first was tracked.')
  if (report.leftOut.packets > 0) lines.push('', `${leftOutText(report.leftOut)}.`)
  if (report.findings.length === 0) lines.push('', 'Nothing found.')
  for (const finding of report.findings) {
    lines.push('', `## ${finding.code} · ${finding.severity} · ${percent(finding)}`, '', finding.sentence, '')
    for (const [label, texts] of parts(finding)) {
      if (label === 'ipvs') lines.push('- ipvs', '', ...texts.map((text) => `      ${text}`), '')
      else for (const text of texts) lines.push(`- ${label}: ${text}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function leftOutText({ packets, connections, unanswered, worst }: LeftOutSummary): string {
  const text = `${count(packets, 'packet')} of ${count(connections, 'further connection')} were counted only; of those connections `
  if (unanswered === 0) return `${text}every one was answered`
  return `${text}${unanswered.toLocaleString('en-US')} were never answered: ${worst.map(({ service, unanswered: times }) =>
    `${times.toLocaleString('en-US')} of ${service}`).join(', ')}`
}

function parts(finding: Finding): (readonly [string, readonly string[]])[] {
  const all = [
    ['proof', finding.proof], ['frames', finding.frames.length === 0 ? [] : [finding.frames.join(', ')]], ['table', finding.table],
    ['ipvs', finding.ipvs ?? []], ['danger', [`ct state invalid drop ${finding.invalidDrop}`]], ['remedy', finding.remedy],
    ['no help', finding.noRemedy],
  ] as const
  return all.filter(([, texts]) => texts.length > 0)
}

const percent = (finding: Finding): string => `${String(Math.round(finding.confidence * 100))} %`
