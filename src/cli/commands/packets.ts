// packets: what conntrack said of each packet.

import type { Command } from 'commander'
import { loadPacketForm, PACKET_FORM_NAMES } from '../../index.ts'
import { addCommonOptions, type CommonOptions, engineOptions, wantsColour } from '../options.ts'
import type { Session } from '../session.ts'

interface PacketsOptions extends CommonOptions {
  output: string
}

export function define(command: Command, session: Session): void {
  addCommonOptions(command
    .description('print what conntrack says of each packet: ctstate, direction, and why')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('-o, --output <form>', PACKET_FORM_NAMES.join(', '), 'tsv'))
    .action(async (paths: string[], options: PacketsOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: PacketsOptions): Promise<void> {
  const { out, io } = session
  const makeForm = await loadPacketForm(options.output)
  const form = makeForm({ colour: wantsColour(options, io), width: io.outIsTerminal ? io.columns : Infinity })
  form.begin?.(out)
  await session.replay(paths, options, {
    ...engineOptions(options), at: [],
    onPacket: (engine, frame) => { form.packet(out, frame, engine.packet, engine) },
  }, async (replay) => {
    await replay.run()
    form.end?.(out)
  })
}
