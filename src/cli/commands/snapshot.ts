// snapshot: the connection table at one instant, or at several.

import type { Command } from 'commander'
import { FORM_NAMES, loadForm, parseEvery, parseWhen, rowFilter, TablePrinter } from '../../index.ts'
import { addFilterOptions, type FilterOptions, filterTexts } from '../filter-options.ts'
import { addOrderOptions, orderOf, type OrderOptions } from '../order-options.ts'
import { addCommonOptions, collect, type CommonOptions, engineOptions, wantsColour } from '../options.ts'
import type { Session } from '../session.ts'

interface SnapshotOptions extends CommonOptions, FilterOptions, OrderOptions {
  at?: string[]
  every?: string
  expect?: boolean
  fastPath: boolean
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack capture.pcap --at +60s -o table                     a minute after the first packet, for people
  pcap-conntrack capture.pcap --top 10                               the ten with the most bytes
  pcap-conntrack capture.pcap --sort timeout --reverse --top 5       the five that go first, if nothing comes
  pcap-conntrack capture.pcap --every 10s -p tcp --state SYN_SENT    who was waiting for an answer, every ten seconds`

export function define(command: Command, session: Session): void {
  addCommonOptions(addOrderOptions(addFilterOptions(command
    .description('print the connection table as the kernel held it at an instant')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('--at <when>', 'end, end+9.5s, +12.5s, frame:123, ISO 8601 or epoch seconds (repeatable)', collect)
    .option('--every <distance>', 'at equal distances: 10s or 1000pkts')
    .option('--expect', 'print the expectation table too')
    .option('--no-fast-path', 'track every packet as the other commands do: the same table, later')
    .option('-o, --output <form>', FORM_NAMES.join(', '), 'proc'))))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: SnapshotOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: SnapshotOptions): Promise<void> {
  const engine = engineOptions(options)
  const at = (options.at ?? []).map(parseWhen)
  const every = options.every === undefined ? undefined : parseEvery(options.every)
  const several = at.length > 1 || every !== undefined
  const makeForm = await loadForm(options.output)
  const form = makeForm({
    counters: engine.sysctl.acct === 1,
    timestamps: engine.sysctl.timestamp === 1,
    colour: wantsColour(options, session.io),
    width: session.io.outIsTerminal ? session.io.columns : Infinity,
    several,
    expectations: options.expect === true,
  })
  const printer = new TablePrinter(form, session.out, {
    several, expectations: options.expect === true, where: rowFilter(filterTexts(options)), order: orderOf(options),
  })
  const replayOptions = {
    ...engine, ...(at.length > 0 ? { at } : {}), ...(every === undefined ? {} : { every }),
    ...(options.fastPath ? {} : { fastPath: false }),
  }
  await session.replay(paths, options, replayOptions, async (replay) => {
    for await (const moment of replay.moments()) await printer.print(moment)
    await printer.end()
  })
}
