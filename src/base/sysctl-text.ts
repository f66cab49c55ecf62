// Knobs as people and sysctl(8) write them: `tcp_loose=0`, `net.netfilter.nf_conntrack_tcp_loose = 0`.

import { UsageError } from './errors.ts'
import { nearest } from './nearest.ts'
import { type Knob, KNOBS, type Sysctl, sysctlName, type Unit } from './sysctl.ts'

/** The least and the most a knob takes, by its unit. The kernel counts seconds in jiffies, in a signed integer of 32 bits. */
export const RANGES: Readonly<Record<Unit, readonly [least: number, most: number]>> = {
  bool: [0, 1],
  level: [0, 255],
  seconds: [0, 2_147_483],
  packets: [0, 255],
  fragments: [0, 2 ** 31 - 1],
  entries: [0, 2 ** 31 - 1],
  buckets: [1, 2 ** 31 - 1],
  bytes: [0, 2 ** 31 - 1],
}

/** Knobs that a file of a machine's settings says nothing about: what they are there is not what is wanted here. */
const NOT_FROM_FILES: ReadonlySet<string> = new Set(['checksum', 'log_invalid'])

/** Finds a knob by its name, whole or short. */
export function findKnob(name: string): Knob | null {
  const dotted = name.replaceAll('/', '.')
  const found = KNOBS.find(([knob]) => {
    const full = sysctlName(knob)
    return dotted === full || dotted === knob || full.endsWith(`.${dotted}`)
  })
  return found?.[0] ?? null
}

/** Sets one knob by name. @throws UsageError naming the nearest knob, or the values it takes */
export function setKnob(sysctl: Sysctl, name: string, value: string): void {
  const knob = findKnob(name)
  if (knob === null) throw new UsageError(`unknown sysctl ${name}: did you mean ${nearestName(name)}?`)
  const unit = KNOBS.find(([known]) => known === knob)?.[2] ?? 'entries'
  const [least, most] = RANGES[unit]
  const number = Number(value)
  if (!/^\d{1,10}$/.test(value) || number < least || number > most) {
    const wanted = unit === 'bool' ? '0 or 1' : `a number from ${String(least)} to ${String(most)}`
    throw new UsageError(`sysctl ${sysctlName(knob)}: "${value}" is not ${wanted}`)
  }
  sysctl[knob] = number
}

/** Sets one knob by `name=value`. @throws UsageError */
export function assignKnob(sysctl: Sysctl, assignment: string): void {
  const at = assignment.indexOf('=')
  if (at < 1) throw new UsageError(`sysctl "${assignment}": write name=value`)
  setKnob(sysctl, assignment.slice(0, at).trim(), assignment.slice(at + 1).trim())
}

/**
 * Takes knobs from what `sysctl -a` printed, or a sysctl.conf. Lines about other things are passed over, and so are
 * nf_conntrack_checksum (captures hold offloaded checksums) and nf_conntrack_log_invalid (reasons are always known).
 *
 * @throws  UsageError naming the line whose value a knob does not take
 */
export function readSysctls(sysctl: Sysctl, text: string, path: string): void {
  text.split(/\r?\n/).forEach((line, i) => {
    const match = /^\s*-?([\w./-]+)\s*=\s*(.*?)\s*$/.exec(line)
    const name = match?.[1]
    const value = match?.[2]
    if (name === undefined || value === undefined || !/^net[./](netfilter|ipv4)[./]/.test(name)) return
    const knob = findKnob(name)
    if (knob === null || NOT_FROM_FILES.has(knob)) return
    try {
      setKnob(sysctl, name, value)
    } catch (error) {
      throw error instanceof UsageError ? new UsageError(`${path}:${String(i + 1)}: ${error.message}`, { cause: error }) : error
    }
  })
}

/** The whole name of the knob that is spelt most like a name. */
function nearestName(name: string): string {
  const bare = name.replaceAll('/', '.').replace(/^net\.(netfilter|ipv4)\./, '').replace(/^nf_conntrack_/, '')
  const knob = findKnob(nearest(bare, KNOBS.map(([known]) => known)))
  return sysctlName(knob ?? KNOBS[0][0])
}
