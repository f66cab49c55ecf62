// events: connections that are new, changed, gone, as the kernel tells them to `conntrack -E`.

import type { Command } from 'commander'
import { EVENT_FORM_NAMES, loadEventForm, rowFilter, rowOf } from '../../index.ts'
import { wantedEvents } from '../event-mask.ts'
import { addFilterOptions, type FilterOptions, filterTexts } from '../filter-options.ts'
import { addCommonOptions, type CommonOptions, engineOptions } from '../options.ts'
import type { Session } from '../session.ts'

interface EventsOptions extends CommonOptions, FilterOptions {
  eventMask: string
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack events capture.pcap                       all of them, as conntrack -E -o timestamp,extended prints them
  pcap-conntrack events capture.pcap -e DESTROY -p tcp     which TCP connections went, and why (reason=…)
  pcap-conntrack events capture.pcap -e NEW -u UNREPLIED   who began something
  pcap-conntrack events capture.pcap -o jsonl | jq .       one object a line

What is still in the table when the capture ends is not told as gone.`

export function define(command: Command, session: Session): void {
  addCommonOptions(addFilterOptions(command
    .description('print connections that are new, changed and gone, as conntrack -E does')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('-e, --event-mask <types>', 'ALL, NEW, UPDATES, DESTROY; several with commas', 'ALL')
    .option('-o, --output <form>', EVENT_FORM_NAMES.join(', '), 'conntrack')))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: EventsOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: EventsOptions): Promise<void> {
  const { out } = session
  const engine = engineOptions(options)
  const wanted = wantedEvents(options.eventMask)
  const where = rowFilter(filterTexts(options))
  const { hz } = engine
  const makeForm = await loadEventForm(options.output)
  const form = makeForm({ counters: engine.sysctl.acct === 1, timestamps: engine.sysctl.timestamp === 1, hz })
  form.begin?.(out)
  await session.replay(paths, options, {
    ...engine, at: [],
    onEvent: (event) => {
      if (wanted[event.type] !== true || (where !== undefined && !where(rowOf(event.conn, event.tick, hz)))) return
      form.event(out, event)
    },
  }, async (replay) => {
    await replay.run()
    form.end?.(out)
  })
}
