// What a capture says of the network around it, in one call.

import { contextOf } from './diagnoses/context.ts'
import { Evidence } from './diagnoses/evidence.ts'
import { idleProfile } from './diagnoses/idle-cut.ts'
import { diagnose } from './diagnoses/registry.ts'
import { type DiagnoseReport, diagnoseReport } from './diagnoses/report.ts'
import type { VantageName } from './diagnoses/vantage.ts'
import { type CaptureOptions, openReplay, type Paths, runWhole } from './library.ts'

export interface FindingsOptions extends CaptureOptions {
  /** Where the capture was taken. Default: what the evidence says. */
  readonly vantage?: 'auto' | VantageName
  /** A device whose idle timeouts silences are held against, as `--idle-profile` names it. Default: none. */
  readonly idleProfile?: string
  /** How many flows are looked at one by one; of further ones packets and unanswered connections are counted. Default 2048. */
  readonly flows?: number
}

/** The report of `diagnose -o json`: findings with their proof, the gravest first. @throws UsageError, CaptureError */
export async function findings(paths: Paths, options: FindingsOptions = {}): Promise<DiagnoseReport> {
  const idle = options.idleProfile === undefined ? null : idleProfile(options.idleProfile)
  const evidence = new Evidence(options.flows)
  const replay = await openReplay(paths, options, {
    at: [], onPacket: (engine, frame) => { evidence.note(engine, frame) }, onOther: (frame) => { evidence.noteOther(frame) },
  })
  await runWhole(replay, options)
  const context = contextOf(evidence, replay.engine.sysctl, options.vantage, evidence.nowMs, idle)
  return diagnoseReport(context, diagnose(context))
}
