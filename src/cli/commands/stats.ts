// stats: counters of the connection tracker, and what happened to the packets.

import type { Command } from 'commander'
import { printStatistics, STAT_FORM_NAMES, Tally } from '../../index.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf, wantsColour } from '../options.ts'
import type { Session } from '../session.ts'

interface StatsOptions extends CommonOptions {
  output: string
}

export function define(command: Command, session: Session): void {
  addCommonOptions(command
    .description('count verdicts, protocols and reasons, and print the counters the kernel keeps')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('-o, --output <form>', STAT_FORM_NAMES.join(', '), 'table'))
    .action(async (paths: string[], options: StatsOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: StatsOptions): Promise<void> {
  const { out, io } = session
  const form = oneOf('--output', options.output, STAT_FORM_NAMES)
  const tally = new Tally()
  await session.replay(paths, options, {
    ...engineOptions(options), at: [],
    onPacket: (engine, frame) => { tally.count(engine.packet, frame.wireLen) },
  }, async (replay) => {
    await replay.run()
    const width = io.outIsTerminal ? io.columns : Infinity
    await printStatistics(out, tally.statistics(replay), form, { colour: wantsColour(options, io), width })
  })
}
