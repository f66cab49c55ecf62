// What is said of a capture, as an object; as JSON it is what `diagnose -o json` prints. docs/json.md says what each field is.

import type { Context } from './context.ts'
import type { DirectorMoment } from './director-moment.ts'
import type { Finding } from './finding.ts'
import type { LeftOutSummary } from './left-out.ts'

export const DIAGNOSE_FORM_NAMES = ['text', 'json', 'md'] as const

/** A finding, and the filter that shows its frames in Wireshark; null where it has none. */
export interface ReportedFinding extends Finding {
  readonly filter: string | null
}

export interface DiagnoseReport {
  readonly schema: string
  readonly vantage: { readonly name: string, readonly forwarding: string | null, readonly reason: string }
  readonly packets: number
  readonly copies: number
  /** Packets of flows that found no room among those kept, and their connections: what is said counts without them. */
  readonly leftOut: LeftOutSummary
  /** All INVALID packets, by reason, the most frequent first. */
  readonly invalid: { readonly packets: number, readonly reasons: readonly { readonly reason: string, readonly packets: number }[] }
  readonly findings: readonly ReportedFinding[]
  /** What a director held at the instants asked for. */
  readonly director: readonly DirectorMoment[]
}

/** @param moments  instants at which a director's tables are to be shown */
export function diagnoseReport(
  { vantage, evidence }: Context, findings: readonly Finding[], moments: readonly DirectorMoment[] = [],
): DiagnoseReport {
  const { invalids } = evidence
  return {
    schema: 'pcap-conntrack.diagnose/1',
    vantage: { name: vantage.name, forwarding: vantage.forwarding, reason: vantage.reason },
    packets: evidence.packets, copies: evidence.copies, leftOut: evidence.leftOut.summary(),
    invalid: {
      packets: invalids.total,
      reasons: invalids.reasons(),
    },
    findings: findings.map((finding) => ({ ...finding, filter: filterOf(finding) })),
    director: moments,
  }
}

const filterOf = ({ frames }: Finding): string | null => (frames.length === 0 ? null : `frame.number in {${frames.join(', ')}}`)

export const percent = (finding: Finding): string => `${String(Math.round(finding.confidence * 100))} %`

/** A label, and what stands behind it line by line; `verbatim` lines are some program's own and never broken. */
export interface Part {
  readonly label: string
  readonly texts: readonly string[]
  readonly verbatim: boolean
}

/** All that a finding says behind its sentence, in the order of printing. */
export function partsOf(finding: ReportedFinding): Part[] {
  const { proof, filter, table, ipvs = [], invalidDrop, remedy, noRemedy } = finding
  const part = (label: string, texts: readonly string[], verbatim = false): Part => ({ label, texts, verbatim })
  return [
    part('proof', proof), part('frames', filter === null ? [] : [filter], true), part('table', table), part('ipvs', ipvs, true),
    part('danger', [`ct state invalid drop ${invalidDrop}`]), part('remedy', remedy), part('no help', noRemedy),
  ].filter(({ texts }) => texts.length > 0)
}
