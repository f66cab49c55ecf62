// size: how full the table was, who held it, what was lost for want of room, and what to set.

import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import {
  parseBytes, scaledMax, SIZE_FORM_NAMES, sizeCsv, sizeJson, sizeReport, sizeSvg, sizeText, SizeWatch, UsageError,
} from '../../index.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf, wholeNumber } from '../options.ts'
import type { Session } from '../session.ts'

interface SizeOptions extends CommonOptions {
  max?: string
  buckets?: string
  scale: string
  ram?: string
  svg?: string
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack size capture.pcap                       peak, holders, memory, what to set
  pcap-conntrack size capture.pcap --max 65536 --ram 4G  what would be lost with 65536 entries; what a kernel with 4 GiB chooses
  pcap-conntrack size capture.pcap --scale 10            ten times the traffic
  pcap-conntrack size capture.pcap --svg table.svg       entries over time, as a picture
  pcap-conntrack size capture.pcap -o csv                entries over time, a line a point`

export function define(command: Command, session: Session): void {
  addCommonOptions(command
    .description('size the table: entries over time, who held them, what is lost at a given nf_conntrack_max, memory, what to set')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('--max <entries>', 'nf_conntrack_max, 0 for no bound; short for --sysctl max=…')
    .option('--buckets <buckets>', 'nf_conntrack_buckets; short for --sysctl buckets=…')
    .option('--scale <times>', 'as though there were so many times the traffic', '1')
    .option('--ram <bytes>', 'tell what the kernel chooses by itself on a machine with so much memory: 512M, 4G')
    .option('--svg <file>', 'draw entries over time into a file')
    .option('-o, --output <form>', SIZE_FORM_NAMES.join(', '), 'text')
    .addHelpText('after', EXAMPLES))
    .action(async (paths: string[], options: SizeOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: SizeOptions): Promise<void> {
  const { out, io } = session
  const form = oneOf('--output', options.output, SIZE_FORM_NAMES)
  const engine = engineOptions(options)
  const max = options.max === undefined ? engine.sysctl.max : wholeNumber('--max', options.max, 0, 2 ** 31 - 1)
  const buckets = options.buckets === undefined ? engine.sysctl.buckets : wholeNumber('--buckets', options.buckets, 1, 2 ** 28)
  const scale = wholeNumber('--scale', options.scale, 1, 1000)
  const memory = options.ram === undefined ? {} : { memory: parseBytes(options.ram) }
  const watch = new SizeWatch()
  await session.replay(paths, options, {
    ...engine, sysctl: { ...engine.sysctl, max: scaledMax(max, scale), buckets }, ordered: true, at: [], onPacket: watch.packet,
  }, async (replay) => {
    await replay.run()
    watch.finish()
    const report = sizeReport(replay, watch, { max, buckets, scale, ...memory })
    if (options.svg !== undefined) writeSvg(options.svg, sizeSvg(report))
    if (form === 'text') out.text(sizeText(report, io.columns))
    else if (form === 'csv') out.text(sizeCsv(report))
    else out.text(`${JSON.stringify(sizeJson(report), null, 2)}\n`)
  })
}

function writeSvg(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new UsageError(`--svg ${path}: ${(error as Error).message}`, { cause: error })
  }
}
