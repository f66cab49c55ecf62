// stats: counters of the connection tracker, and what happened to the packets.

import type { Command } from 'commander'
import { packetFilter, printStatistics, STAT_FORM_NAMES, Tally } from '../../index.ts'
import { addFilterOptions, FILTERED_PACKETS, type FilterOptions, filterTexts } from '../filter-options.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf, wantsColour } from '../options.ts'
import type { Session } from '../session.ts'

interface StatsOptions extends CommonOptions, FilterOptions {
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack stats capture.pcap                        what happened to the packets, and why
  pcap-conntrack stats capture.pcap -p tcp --dport 443     of the connections to that port
  pcap-conntrack stats capture.pcap -o conntrack           the counters as conntrack -S prints them

${FILTERED_PACKETS}
The kernel's counters know no filters: they are those of the whole capture.`

export function define(command: Command, session: Session): void {
  addCommonOptions(addFilterOptions(command
    .description('count verdicts, protocols and reasons, and print the counters the kernel keeps')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('-o, --output <form>', STAT_FORM_NAMES.join(', '), 'table')))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: StatsOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: StatsOptions): Promise<void> {
  const { out, io } = session
  const form = oneOf('--output', options.output, STAT_FORM_NAMES)
  const tally = new Tally()
  const where = packetFilter(filterTexts(options))
  await session.replay(paths, options, {
    ...engineOptions(options), at: [],
    onPacket: (engine, frame) => { if (where === undefined || where(engine)) tally.count(engine.packet, frame.wireLen) },
  }, async (replay) => {
    await replay.run()
    const width = io.outIsTerminal ? io.columns : Infinity
    await printStatistics(out, tally.statistics(replay), form, { colour: wantsColour(options, io), width })
  })
}
