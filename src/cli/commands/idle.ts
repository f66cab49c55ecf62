// idle: the longest silences of living connections, and which devices would have forgotten them.

import type { Command } from 'commander'
import { idleText, IdleWatch, KERNEL, patient, SCHEMA } from '../../index.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf } from '../options.ts'
import type { Session } from '../session.ts'

interface IdleOptions extends CommonOptions {
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack idle capture.pcap           who was silent for how long; who would be cut by which device; which keep-alive prevents it
  pcap-conntrack idle capture.pcap -o json   the same with up to 100 silences, and the source of each timeout

The timeouts are the makers' defaults. A silence counts when a packet of the connection ended it; keep-alives are packets.`

export function define(command: Command, session: Session): void {
  addCommonOptions(command
    .description('the longest silences of living connections, against the idle timeouts of firewalls, load balancers and clouds')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('-o, --output <form>', 'text, json', 'text')
    .addHelpText('after', EXAMPLES))
    .action(async (paths: string[], options: IdleOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: IdleOptions): Promise<void> {
  const form = oneOf('--output', options.output, ['text', 'json'])
  const engine = engineOptions(options)
  const watch = new IdleWatch()
  await session.replay(paths, options, {
    ...engine, sysctl: patient(engine.sysctl), at: [], onPacket: (current, frame) => { watch.packet(current, frame.number) },
  }, async (replay) => {
    await replay.run()
    const report = watch.report(replay.engine)
    session.out.text(form === 'text' ? idleText(report) : `${JSON.stringify({ schema: SCHEMA, kernel: KERNEL, ...report }, null, 2)}\n`)
  })
}
