// diagnose: what one-sided traffic, copies and silences in a capture mean.

import type { Command } from 'commander'
import {
  contextOf, diagnose, DIAGNOSE_FORM_NAMES, diagnoseReport, Evidence, printDiagnoseMarkdown, printDiagnoseText, SEVERITIES, VANTAGES,
} from '../../index.ts'
import { EXIT } from '../exit-codes.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf } from '../options.ts'
import type { Session } from '../session.ts'

interface DiagnoseOptions extends CommonOptions {
  vantage: string
  failOn?: string
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack diagnose director.pcap            half connections? of which service, and why
  pcap-conntrack diagnose director.pcap -o md      the same for a ticket
  pcap-conntrack diagnose x.pcap --fail-on error   exit 1 when something is broken
  pcap-conntrack diagnose x.pcap --vantage lvs-director
                                                   it was taken on a director, whatever it looks like`

export function define(command: Command, session: Session): void {
  addCommonOptions(command
    .description('say what one-sided connections mean (LVS-DR, floods, asymmetric routes, …), what conntrack holds of them, and what helps')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('--vantage <where>', `auto, ${VANTAGES.join(', ')}`, 'auto')
    .option('--fail-on <severity>', `exit 1 on findings of at least: ${SEVERITIES.join(', ')}`)
    .option('-o, --output <form>', DIAGNOSE_FORM_NAMES.join(', '), 'text')
    .addHelpText('after', EXAMPLES))
    .action(async (paths: string[], options: DiagnoseOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: DiagnoseOptions): Promise<void> {
  const { out } = session
  const form = oneOf('--output', options.output, DIAGNOSE_FORM_NAMES)
  const vantage = oneOf('--vantage', options.vantage, ['auto', ...VANTAGES])
  const least = options.failOn === undefined ? null : oneOf('--fail-on', options.failOn, SEVERITIES)
  const evidence = new Evidence()
  await session.replay(paths, options, {
    ...engineOptions(options), at: [],
    onPacket: (engine, frame) => { evidence.note(engine, frame) },
    onOther: (frame) => { evidence.noteOther(frame) },
  }, async (replay) => {
    await replay.run()
    const context = contextOf(evidence, replay.engine.sysctl, vantage)
    const report = diagnoseReport(context, diagnose(context))
    if (form === 'json') out.text(`${JSON.stringify(report, null, 2)}\n`)
    else out.text(form === 'md' ? printDiagnoseMarkdown(report) : printDiagnoseText(report))
    const isGrave = report.findings.some(({ severity }) =>
      least !== null && SEVERITIES.indexOf(severity) >= SEVERITIES.findIndex((known) => known === least))
    if (isGrave) session.exitCode = EXIT.FINDINGS
  })
}
