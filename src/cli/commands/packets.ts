// packets: what conntrack said of each packet.

import type { Command } from 'commander'
import { loadPacketForm, PACKET_FORM_NAMES, packetFilter } from '../../index.ts'
import { addFilterOptions, FILTERED_PACKETS, type FilterOptions, filterTexts } from '../filter-options.ts'
import { addCommonOptions, type CommonOptions, engineOptions, wantsColour } from '../options.ts'
import type { Session } from '../session.ts'

interface PacketsOptions extends CommonOptions, FilterOptions {
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack packets capture.pcap                      frame, nanoseconds, ctstate, direction, what the kernel logs
  pcap-conntrack packets capture.pcap -s 10.0.0.1 -p tcp   of the TCP connections that 10.0.0.1 opened, answers too
  pcap-conntrack packets capture.pcap -o ovs               ct_state flags, as Open vSwitch spells them

${FILTERED_PACKETS}`

export function define(command: Command, session: Session): void {
  addCommonOptions(addFilterOptions(command
    .description('print what conntrack says of each packet: ctstate, direction, and why')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('-o, --output <form>', PACKET_FORM_NAMES.join(', '), 'tsv')))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: PacketsOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: PacketsOptions): Promise<void> {
  const { out, io } = session
  const makeForm = await loadPacketForm(options.output)
  const form = makeForm({ colour: wantsColour(options, io), width: io.outIsTerminal ? io.columns : Infinity })
  const where = packetFilter(filterTexts(options))
  form.begin?.(out)
  await session.replay(paths, options, {
    ...engineOptions(options), at: [],
    onPacket: (engine, frame) => { if (where === undefined || where(engine)) form.packet(out, frame, engine.packet, engine) },
  }, async (replay) => {
    await replay.run()
    form.end?.(out)
  })
}
