// What --version says: the program's version and the kernel whose behaviour it shows.

import { readFileSync } from 'node:fs'

const KERNEL = 'Linux 6.12' // as the library says; repeated, because loading the library would take most of the time here

export function versionText(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return `pcap-conntrack ${version} (${KERNEL})\n`
}
