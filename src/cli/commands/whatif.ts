// whatif: a capture under two settings, and only what fares otherwise; or one knob at several values.

import type { Command } from 'commander'
import {
  deletionText, KERNEL, parseSweep, SCHEMA, Sweep, sweepText, type Sysctl, unforgetting, UsageError, WHATIF_FORM_NAMES, Worlds, worldsText,
} from '../../index.ts'
import { addDeletionOptions, deleteOnTheWay, type DeletionOptions, plannedDeletions } from '../deletion-options.ts'
import { addCommonOptions, collect, type CommonOptions, engineOptions, oneOf, wholeNumber } from '../options.ts'
import type { Session } from '../session.ts'

interface WhatifOptions extends CommonOptions, DeletionOptions {
  max?: string
  sweep?: string
  baseSysctl?: string[]
  baseSysctlFile?: string
  baseProfile: string
  baseHelper?: string[]
  output: string
}

const EXAMPLES = `
The base is Linux 6.12's defaults, or what the --base options say. The other options change the base: that is the other world.
Examples:
  pcap-conntrack whatif capture.pcap --sysctl tcp_timeout_established=300    who would be forgotten after five minutes
  pcap-conntrack whatif capture.pcap --sysctl tcp_be_liberal=1               what would be INVALID no longer
  pcap-conntrack whatif capture.pcap --base-sysctl-file now.conf --max 65536 this machine as it is, and with a smaller table
  pcap-conntrack whatif capture.pcap --helper ftp                            with a helper
  pcap-conntrack whatif capture.pcap --at +60s --delete src=10.0.0.5         what \`conntrack -D\` then would have changed
  pcap-conntrack whatif capture.pcap --sweep tcp_timeout_established=300,3600,86400,432000
                                                                             a row a value: peak, connections forgotten in use`

export function define(command: Command, session: Session): void {
  addCommonOptions(addDeletionOptions(command
    .description('a capture under other settings: which packets and entries fare otherwise')
    .argument('<capture...>', 'pcap or pcapng files, - for standard input')
    .option('--max <entries>', 'nf_conntrack_max of the other world; short for --sysctl max=…')
    .option('--sweep <knob=values>', 'instead of one other world, one a value of a timeout or of max: knob=1,2,3')
    .option('--base-sysctl <knob=value>', 'a sysctl of both worlds (repeatable)', collect)
    .option('--base-sysctl-file <file>', 'sysctls of both worlds, from the output of `sysctl -a`')
    .option('--base-profile <name>', 'the profile the base starts from', 'linux-6.12')
    .option('--base-helper <name[:port]>', 'a helper of both worlds (repeatable)', collect)
    .option('-o, --output <form>', WHATIF_FORM_NAMES.join(', '), 'text'))
    .addHelpText('after', EXAMPLES))
    .action(async (paths: string[], options: WhatifOptions) => {
      await run(session, paths, options, command.getOptionValueSource('profile') === 'cli')
    })
}

async function run(session: Session, paths: string[], options: WhatifOptions, hasProfile: boolean): Promise<void> {
  const { out } = session
  const form = oneOf('--output', options.output, WHATIF_FORM_NAMES)
  const { baseSysctl = [], baseSysctlFile, baseHelper = [], ...rest } = options
  const common = { ...rest, profile: options.baseProfile, helper: baseHelper, sysctl: baseSysctl }
  delete common.sysctlFile
  const base = engineOptions(baseSysctlFile === undefined ? common : { ...common, sysctlFile: baseSysctlFile })
  const changes = options.max === undefined ? options.sysctl ?? []
    : [...options.sysctl ?? [], `max=${String(wholeNumber('--max', options.max, 0, 2 ** 31 - 1))}`]
  const wanted = engineOptions({ ...options, sysctl: changes, helper: options.helper ?? baseHelper },
    hasProfile ? undefined : base.sysctl)
  const print = (text: string, json: object): void => {
    out.text(form === 'text' ? text : `${JSON.stringify({ schema: SCHEMA, kernel: KERNEL, ...json }, null, 2)}\n`)
  }
  const planned = plannedDeletions(options)
  if (options.sweep !== undefined) {
    if (planned.length > 0) throw new UsageError('--sweep does not go with --delete and --flush-at')
    const plan = parseSweep(options.sweep)
    const sweep = new Sweep(plan, wanted)
    await session.replay(paths, options, {
      ...wanted, sysctl: unforgetting(wanted.sysctl, plan), ordered: true, at: [], onPacket: sweep.packet,
    }, async (replay) => {
      await replay.run()
      const rows = sweep.rows(replay.engine)
      print(sweepText(plan, rows), { knob: plan.knob, rows })
    })
    return
  }
  if (planned.length === 0 && sameSettings(base.sysctl, wanted.sysctl) && String(base.helpers) === String(wanted.helpers)) {
    throw new UsageError(
      'the two worlds are the same: say what is other with --sysctl, --max, --profile, --helper, --delete, --flush-at or --sweep')
  }
  const worlds = new Worlds(wanted)
  await session.replay(paths, options, {
    ...base, ordered: true, at: planned.map(({ when }) => when), onPacket: worlds.packet,
  }, async (replay) => {
    const moments = await deleteOnTheWay(replay, worlds.other, planned)
    const report = worlds.report(replay.engine)
    print(moments.map(deletionText).join('') + worldsText(report), planned.length === 0 ? report : { moments, ...report })
  })
}

const sameSettings = (a: Sysctl, b: Sysctl): boolean => JSON.stringify(a) === JSON.stringify(b)
