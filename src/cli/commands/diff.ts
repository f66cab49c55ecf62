// diff: what became of the entries between two tables.

import type { Command } from 'commander'
import {
  DIFF_ASPECTS, DIFF_FORM_NAMES, type DiffAspect, type DiffForm, diffJson, DiffPrinter, diffText, DiffWatch, parseDuration, parseEvery,
  parseWhen, rowFilter, UsageError,
} from '../../index.ts'
import { EXIT } from '../exit-codes.ts'
import { addFilterOptions, type FilterOptions, filterTexts } from '../filter-options.ts'
import { addCommonOptions, collect, type CommonOptions, engineOptions, oneOf, wantsColour } from '../options.ts'
import { readLastTable } from '../saved-tables.ts'
import type { Session } from '../session.ts'

interface DiffCommandOptions extends CommonOptions, FilterOptions {
  at?: string[]
  every?: string
  ignore?: string[]
  elapsed?: string
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack diff before.txt after.txt                  two saved tables, each of any form
  pcap-conntrack diff capture.pcap --at +10s --at +20s      two instants of a capture
  pcap-conntrack diff capture.pcap --every 10s              one after another
  pcap-conntrack diff a.txt b.txt --ignore timeout,counters

Exit code: 0 when they are the same, 1 when they differ.
`

export function define(command: Command, session: Session): void {
  addCommonOptions(addFilterOptions(command
    .description('say what became of the entries between two tables: appeared, gone, changed')
    .argument('<path...>', 'two saved tables of any form; or, with --at or --every, captures')
    .option('--at <when>', 'an instant of the capture (at least two)', collect)
    .option('--every <distance>', 'from each instant to the next: 10s or 1000pkts')
    .option('--ignore <aspects>', `what does not count, with commas: ${DIFF_ASPECTS.join(', ')}`, collect)
    .option('--elapsed <duration>', 'time between two saved tables; otherwise the tables tell it')
    .option('-o, --output <form>', DIFF_FORM_NAMES.join(', '), 'text')))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: DiffCommandOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: DiffCommandOptions): Promise<void> {
  const isOfCapture = options.at !== undefined || options.every !== undefined
  const printer = new DiffPrinter(formOf(session, options), session.out, {
    ignore: aspects(options.ignore ?? []), where: rowFilter(filterTexts(options)),
  })
  if (isOfCapture) await diffCapture(session, paths, options, printer)
  else await diffSaved(session, paths, options, printer)
  await printer.end()
  if (printer.differences > 0 && session.exitCode === EXIT.DONE) session.exitCode = EXIT.FINDINGS
}

function formOf(session: Session, options: DiffCommandOptions): DiffForm {
  const form = oneOf('--output', options.output, DIFF_FORM_NAMES)
  if (form === 'json') return diffJson(options.every !== undefined || (options.at?.length ?? 0) > 2)
  return diffText({ colour: wantsColour(options, session.io) })
}

function aspects(texts: readonly string[]): DiffAspect[] {
  return texts.flatMap((text) => text.split(',')).map((name) => oneOf('--ignore', name, DIFF_ASPECTS) as DiffAspect)
}

async function diffSaved(session: Session, paths: string[], options: DiffCommandOptions, printer: DiffPrinter): Promise<void> {
  const [first, second, ...more] = paths
  if (first === undefined || second === undefined || more.length > 0) {
    throw new UsageError('diff takes two saved tables; or a capture with two --at, or with --every')
  }
  const isQuiet = options.quiet === true
  const from = await readLastTable(session, first, isQuiet)
  const to = await readLastTable(session, second, isQuiet)
  const elapsed = options.elapsed === undefined ? undefined : parseDuration(options.elapsed)
  await printer.print({ name: first, entries: from.entries }, { name: second, entries: to.entries },
    elapsed === undefined ? undefined : elapsed.sec + elapsed.nsec / 1e9)
}

async function diffCapture(session: Session, paths: string[], options: DiffCommandOptions, printer: DiffPrinter): Promise<void> {
  const at = (options.at ?? []).map(parseWhen)
  if (at.length === 1 && options.every === undefined) throw new UsageError('diff wants a second --at')
  if (options.elapsed !== undefined) throw new UsageError('--elapsed is for saved tables: instants of a capture tell it themselves')
  const replayOptions = {
    ...engineOptions(options), ordered: true,
    ...(at.length > 0 ? { at } : {}), ...(options.every === undefined ? {} : { every: parseEvery(options.every) }),
  }
  await session.replay(paths, options, replayOptions, async (replay) => {
    const watch = new DiffWatch(replay.engine)
    for await (const moment of replay.moments()) {
      if (options.every !== undefined) watch.begin(replay.first ?? moment.time)
      const step = watch.step(moment)
      if (step !== null) await printer.print(step.from, step.to, step.elapsed, step.endOf)
      watch.take()
    }
  })
}
