// The options that all commands share, and what they mean to the engine.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { assignKnob, type EngineOptions, PROFILE_NAMES, profileSysctl, readSysctls, type Sysctl, UsageError } from '../index.ts'
import type { Io } from './io.ts'

export interface CommonOptions {
  sysctl?: string[]
  sysctlFile?: string
  profile: string
  hz: string
  helper?: string[]
  copies: string
  color: string
  quiet?: boolean
}

/** For an option that may be given several times. */
export const collect = (value: string, before: string[] | undefined): string[] => [...before ?? [], value]

/** Adds the options of every command that reads captures. */
export function addCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Options of every command:')
    .option('--sysctl <knob=value>', 'set a net.netfilter.nf_conntrack_* sysctl, with or without the prefix (repeatable)', collect)
    .option('--sysctl-file <file>', 'take sysctls from the output of `sysctl -a`')
    .option('--profile <name>', `start from the settings of ${PROFILE_NAMES.join(' or ')}`, 'linux-6.12')
    .option('--hz <ticks>', 'ticks a second of the kernel: 1000, 250 or 100', '1000')
    .option('--helper <name[:port]>', 'let a helper read payloads: ftp, sip, …, or all (repeatable)', collect)
    .option('--copies <how>', 'packets captured twice: auto (track one) or track (each)', 'auto')
    .option('--color <when>', 'auto, always or never', 'auto')
    .option('-q, --quiet', 'say nothing on standard error but errors')
}

/**
 * What the engine is to do, by the options: a profile, changed by a file, changed by single knobs.
 * @param start   knobs to start from in place of the profile's
 * @throws        UsageError
 */
export function engineOptions(options: CommonOptions, start?: Sysctl): EngineOptions & { sysctl: Sysctl, hz: number } {
  const sysctl = start === undefined ? profileSysctl(options.profile) : { ...start }
  if (options.sysctlFile !== undefined) readSysctls(sysctl, readText('--sysctl-file', options.sysctlFile), options.sysctlFile)
  for (const assignment of options.sysctl ?? []) assignKnob(sysctl, assignment)
  const copies = oneOf('--copies', options.copies, ['auto', 'track']) === 'auto' ? 'auto' : 'track'
  return { sysctl, copies, helpers: options.helper ?? [], hz: Number(oneOf('--hz', options.hz, ['1000', '250', '100'])) }
}

/** A file's text, of standard input for `-`. @throws UsageError */
export function readText(option: string, path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** May colour be used on standard output? https://no-color.org */
export function wantsColour(options: CommonOptions, io: Io): boolean {
  const when = oneOf('--color', options.color, ['auto', 'always', 'never'])
  if (when !== 'auto') return when === 'always'
  return io.outIsTerminal && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb'
}

/** Checks a whole number. @throws UsageError */
export function wholeNumber(option: string, value: string, least: number, most: number): number {
  const number = Number(value)
  if (/^\d{1,10}$/.test(value) && number >= least && number <= most) return number
  throw new UsageError(`${option} ${value}: write a whole number from ${String(least)} to ${String(most)}`)
}

/** Checks a choice. @throws UsageError */
export function oneOf(option: string, value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value
  throw new UsageError(`${option} ${value}: write ${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`)
}
