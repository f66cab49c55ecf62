// compare: a machine's own table against the table that a capture implies.

import type { Command } from 'commander'
import {
  CapturePicture, CaptureWatch, COMPARE_FORM_NAMES, COMPARE_VANTAGES, compareEntries, type CompareForm, compareJson,
  compareText, type CompareVantage, type EngineOptions, MachineTable, type Moment, noCounts, parseWhen, rowFilter, type SavedTable,
  UsageError, type When,
} from '../../index.ts'
import { EXIT } from '../exit-codes.ts'
import { addFilterOptions, type FilterOptions, filterTexts } from '../filter-options.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf, wantsColour } from '../options.ts'
import { readLastTable } from '../saved-tables.ts'
import type { Session } from '../session.ts'

interface CompareCommandOptions extends CommonOptions, FilterOptions {
  at: string
  vantage?: string
  table?: string
  differences?: boolean
  output: string
}

const EXAMPLES = `
Examples:
  cat /proc/net/nf_conntrack > box.txt                      on the machine, while it is captured
  pcap-conntrack compare box.txt capture.pcap               at the instant at which the two agree best
  pcap-conntrack compare box.txt capture.pcap --at end+5s   five seconds after the last packet
  pcap-conntrack compare director.txt director.pcap --vantage lvs-director

  = the same   ! state or flags differ   ~ timeout or counters differ   < only on the machine   > only in the capture

Exit code: 0 when all are the same, 1 when not.
`

export function define(command: Command, session: Session): void {
  addCommonOptions(addFilterOptions(command
    .description('hold a machine\'s own table (/proc/net/nf_conntrack, conntrack -L) against the one a capture implies')
    .argument('<table>', 'the machine\'s table, of any form')
    .argument('<capture...>', 'pcap or pcapng files')
    .option('--at <when>', 'auto: where they agree best (reads the capture twice); or end, end+9.5s, +12.5s, frame:123, …', 'auto')
    .option('--vantage <place>', `where the machine stands: ${COMPARE_VANTAGES.join(', ')}`)
    .option('--table <name>', 'of several tables in the file the one that says this of its instant; default: the last')
    .option('--differences', 'leave out entries that are the same')
    .option('-o, --output <form>', COMPARE_FORM_NAMES.join(', '), 'text')))
    .addHelpText('after', EXAMPLES)
    .action(async (table: string, paths: string[], options: CompareCommandOptions) => { await run(session, table, paths, options) })
}

async function run(session: Session, path: string, paths: string[], options: CompareCommandOptions): Promise<void> {
  const vantage = options.vantage === undefined ? undefined : oneOf('--vantage', options.vantage, COMPARE_VANTAGES) as CompareVantage
  const form = formOf(session, options)
  const where = rowFilter(filterTexts(options))
  const isAuto = options.at === 'auto'
  if (isAuto && paths.includes('-')) throw new UsageError('--at auto reads the capture twice: save it to a file, or name an instant')
  const given = isAuto ? null : parseWhen(options.at)
  const saved = await readLastTable(session, path, options.quiet === true, options.table)
  const machine = new MachineTable(saved.entries)
  const engine = { ...engineOptions(options), ordered: true }
  const at = given ?? await findInstant(session, paths, options, engine, machine)
  if (at === null) return

  let picture: CapturePicture | null = null
  let moment: Pick<Moment, 'text' | 'time'> | null = null
  let watch: CaptureWatch | null = null
  await session.replay(paths, options, {
    ...engine, at: [at], onPacket: (running, frame) => { watch?.onPacket(running, frame) },
  }, async (replay) => {
    watch = new CaptureWatch(replay.engine, machine)
    for await (const now of replay.moments()) {
      picture = new CapturePicture(now, watch)
      moment = { text: now.text, time: now.time }
    }
    if (picture === null || moment === null) return
    const counts = noCounts()
    const { out } = session
    form.open(out, {
      machine: tableName(path, saved), capture: paths.join(' '), at: isAuto ? 'auto' : moment.text, time: moment.time,
    })
    for (const comparison of compareEntries(machine, picture, watch, { vantage, where })) {
      counts[comparison.verdict]++
      if (options.differences !== true || comparison.verdict !== 'same') form.comparison(out, comparison)
      if (out.full) await out.flush()
    }
    form.close(out, counts)
    const differences = Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.same
    if (differences > 0 && session.exitCode === EXIT.DONE) session.exitCode = EXIT.FINDINGS
  })
}

const tableName = (path: string, { at }: SavedTable): string => (at === null ? path : `${path}, ${at}`)

function formOf(session: Session, options: CompareCommandOptions): CompareForm {
  const form = oneOf('--output', options.output, COMPARE_FORM_NAMES)
  return form === 'json' ? compareJson() : compareText({ colour: wantsColour(options, session.io) })
}

/** The instant at which the two agree best; the end, where they never do. Null when the capture cannot be read, which has been said. */
async function findInstant(
  session: Session, paths: string[], options: CommonOptions, engine: EngineOptions, machine: MachineTable,
): Promise<When | null> {
  let watch: CaptureWatch | null = null
  let found: When | null = null
  await session.replay(paths, { ...options, quiet: true }, {
    ...engine, at: [], onPacket: (running, frame) => { watch?.onPacket(running, frame) },
  }, async (replay) => {
    watch = new CaptureWatch(replay.engine, machine)
    await replay.run()
    found = watch.instant()
  })
  return found
}
