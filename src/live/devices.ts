// The interfaces of this machine.

import { readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

export interface Device {
  readonly name: string
  /** `up`, `down`, `unknown`, … as the kernel has it. */
  readonly state: string
  readonly addresses: readonly string[]
}

const SYSFS = '/sys/class/net'

/** All interfaces, and `any`, which stands for all of them, where there is such a thing. */
export function listDevices(): Device[] {
  const addresses = networkInterfaces()
  const names = new Set(Object.keys(addresses))
  try {
    for (const name of readdirSync(SYSFS)) names.add(name)
  } catch {
    // Not Linux: those with addresses are all there is to know.
  }
  const devices = [...names].sort().map((name) => ({
    name, state: stateOf(name), addresses: (addresses[name] ?? []).map(({ address }) => address),
  }))
  return process.platform === 'linux' ? [...devices, { name: 'any', state: 'all interfaces', addresses: [] }] : devices
}

function stateOf(name: string): string {
  try {
    return readFileSync(join(SYSFS, name, 'operstate'), 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
