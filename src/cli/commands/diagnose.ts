// diagnose: what one-sided traffic, copies and silences in a capture mean.

import type { Command } from 'commander'
import {
  type Context, contextOf, diagnose, DIAGNOSE_FORM_NAMES, diagnoseReport, type DirectorMoment, directorMoment, Evidence, FINDING_CODES,
  formatTime, IDLE_PROFILES, idleProfile, MOST_FLOWS, parseWhen, printDiagnoseMarkdown, printDiagnoseText, type ReplayOptions,
  SEVERITIES, snapshot, UsageError, USUAL_FLOWS, VANTAGES,
} from '../../index.ts'
import { EXIT } from '../exit-codes.ts'
import { addCommonOptions, collect, type CommonOptions, engineOptions, oneOf, wantsColour, wholeNumber } from '../options.ts'
import type { Session } from '../session.ts'

interface DiagnoseOptions extends CommonOptions {
  vantage: string
  at?: string[]
  idleProfile?: string
  flows: string
  failOn?: string
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack diagnose director.pcap            half connections? of which service, and why
  pcap-conntrack diagnose director.pcap -o md      the same for a ticket
  pcap-conntrack diagnose x.pcap --fail-on error   exit 1 when something is broken
  pcap-conntrack diagnose x.pcap --vantage lvs-director
                                                   it was taken on a director, whatever it looks like
  pcap-conntrack diagnose director.pcap --at +10s --at end
                                                   and what the director's own tables held then
  pcap-conntrack diagnose x.pcap --idle-profile aws-nitro
                                                   which silences a device with such timeouts cuts
  pcap-conntrack diagnose big.pcap --flows 200000  look at more flows one by one: takes longer, and 1.5 kB each

Findings:
${FINDING_CODES.map(([code, meaning]) => `  ${code.padEnd(26)}${meaning}`).join('\n')}`

export function define(command: Command, session: Session): void {
  addCommonOptions(command
    .description('say what one-sided connections mean (LVS-DR, floods, asymmetric routes, …), what conntrack holds of them, and what helps')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('--vantage <where>', `auto, ${VANTAGES.join(', ')}`, 'auto')
    .option('--at <when>', 'on a director, print its tables at an instant too: end, end+9.5s, +12.5s, frame:123, … (repeatable; reads the '
      + 'capture twice)', collect)
    .option('--idle-profile <device>', `tell silences that it would cut: ${IDLE_PROFILES.join(', ')}`)
    .option('--flows <n>', 'flows looked at one by one; of further ones packets and unanswered connections are counted',
      String(USUAL_FLOWS))
    .option('--fail-on <severity>', `exit 1 on findings of at least: ${SEVERITIES.join(', ')}`)
    .option('-o, --output <form>', DIAGNOSE_FORM_NAMES.join(', '), 'text')
    .addHelpText('after', EXAMPLES))
    .action(async (paths: string[], options: DiagnoseOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: DiagnoseOptions): Promise<void> {
  const { out, io } = session
  const form = oneOf('--output', options.output, DIAGNOSE_FORM_NAMES)
  const vantage = oneOf('--vantage', options.vantage, ['auto', ...VANTAGES])
  const least = options.failOn === undefined ? null : oneOf('--fail-on', options.failOn, SEVERITIES)
  const idle = options.idleProfile === undefined ? null : idleProfile(options.idleProfile)
  if (options.at !== undefined && paths.includes('-')) throw new UsageError('--at reads the capture twice: save it to a file')
  const flows = wholeNumber('--flows', options.flows, 0, MOST_FLOWS)
  const evidence = new Evidence(flows)
  await session.replay(paths, options, {
    ...engineOptions(options), at: [], ...watching(evidence),
  }, async (replay) => {
    await replay.run()
    const context = contextOf(evidence, replay.engine.sysctl, vantage, evidence.nowMs, idle)
    const moments = await momentsOf(session, paths, options, context, flows)
    const report = diagnoseReport(context, diagnose(context), moments)
    if (form === 'json') out.text(`${JSON.stringify(report, null, 2)}\n`)
    else if (form === 'md') out.text(printDiagnoseMarkdown(report))
    else out.text(printDiagnoseText(report, { colour: wantsColour(options, io), columns: io.outIsTerminal ? io.columns : 0 }))
    const isGrave = report.findings.some(({ severity }) =>
      least !== null && SEVERITIES.indexOf(severity) >= SEVERITIES.findIndex((known) => known === least))
    if (isGrave) session.exitCode = EXIT.FINDINGS
  })
}

const watching = (evidence: Evidence): Pick<ReplayOptions, 'onPacket' | 'onOther'> => ({
  onPacket: (engine, frame) => { evidence.note(engine, frame) }, onOther: (frame) => { evidence.noteOther(frame) },
})

/** What a director held at the instants asked for: a second pass, now that its services are known. */
async function momentsOf(
  session: Session, paths: string[], options: DiagnoseOptions, { vantage }: Context, flows: number,
): Promise<DirectorMoment[]> {
  const moments: DirectorMoment[] = []
  if (options.at === undefined || vantage.name !== 'lvs-director') return moments
  const evidence = new Evidence(flows)
  await session.replay(paths, { ...options, quiet: true }, {
    ...engineOptions(options), at: options.at.map(parseWhen), ...watching(evidence),
  }, async (replay) => {
    for await (const { text, time, engine } of replay.moments()) {
      const context = contextOf(evidence, engine.sysctl, 'auto', evidence.msOf(time))
      moments.push(directorMoment(context, vantage, snapshot(engine), text, formatTime(time)))
    }
  })
  return moments
}
