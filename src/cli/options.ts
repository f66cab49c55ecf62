// The options that all commands share, and what they mean to the engine.

import type { Command } from 'commander'
import { type EngineOptions, defaultSysctl, setKnob, UsageError } from '../index.ts'
import type { Io } from './io.ts'

export interface CommonOptions {
  sysctl: string[]
  sysctlFile?: string
  hz: string
  helper: string[]
  copies: string
  color: string
  quiet?: boolean
}

/** For an option that may be given several times. */
export const collect = (value: string, before: string[]): string[] => [...before, value]

/** Adds the options of every command that reads captures. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('--sysctl <knob=value>', 'set a net.netfilter.nf_conntrack_* sysctl, with or without the prefix (repeatable)', collect, [])
    .option('--sysctl-file <file>', 'take sysctls from the output of `sysctl -a`')
    .option('--hz <ticks>', 'ticks a second of the kernel: 1000, 250 or 100', '1000')
    .option('--helper <name[:port]>', 'let a helper read payloads: ftp, sip, …, or all (repeatable)', collect, [])
    .option('--copies <how>', 'packets captured twice: auto (track one) or track (each)', 'auto')
    .option('--color <when>', 'auto, always or never', 'auto')
    .option('-q, --quiet', 'say nothing on standard error but errors')
}

/** What the engine is to do, by the options. @throws UsageError */
export function engineOptions(options: CommonOptions): EngineOptions {
  const sysctl = defaultSysctl()
  for (const assignment of options.sysctl) {
    const at = assignment.indexOf('=')
    if (at < 1) throw new UsageError(`--sysctl ${assignment}: write knob=value`)
    setKnob(sysctl, assignment.slice(0, at).trim(), assignment.slice(at + 1).trim())
  }
  oneOf('--copies', options.copies, ['auto', 'track'])
  return { sysctl, helpers: options.helper, hz: Number(oneOf('--hz', options.hz, ['1000', '250', '100'])) }
}

/** May colour be used on standard output? https://no-color.org */
export function wantsColour(options: CommonOptions, io: Io): boolean {
  const when = oneOf('--color', options.color, ['auto', 'always', 'never'])
  if (when !== 'auto') return when === 'always'
  return io.outIsTerminal && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb'
}

/** Checks a choice. @throws UsageError */
export function oneOf(option: string, value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value
  throw new UsageError(`${option} ${value}: write ${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`)
}
