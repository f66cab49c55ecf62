// Writes docs/sysctl.md from the table of knobs:
//
//     node --import ./scripts/typescript.js scripts/make-sysctl-page.ts
//
// A test says so when the page is out of date.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PROFILE_NAMES, profileSysctl } from '../src/base/profiles.ts'
import { RANGES } from '../src/base/sysctl-text.ts'
import { defaultSysctl, KNOBS, sysctlName } from '../src/base/sysctl.ts'

export const PAGE = fileURLToPath(new URL('../docs/sysctl.md', import.meta.url))

/** The whole page. */
export function sysctlPage(): string {
  const rows = KNOBS.map(([knob, value, unit, source]) => {
    const [least, most] = RANGES[unit]
    return `| \`${sysctlName(knob)}\` | ${String(value)} | ${unit} | ${String(least)}–${String(most)} | ${source} |`
  })
  return `<!-- Made by scripts/make-sysctl-page.ts: change src/base/sysctl.ts or the script. -->
# Sysctls

All knobs of Linux 6.12 that can matter to a capture. \`--sysctl NAME=VALUE\` sets one, as often as needed: the name whole, without
\`net.netfilter.\`, or without \`nf_conntrack_\` too. \`--sysctl-file FILE\` takes them from what \`sysctl -a\` printed on the machine in
question. Lines about other things are passed over, and so are nf_conntrack_checksum and nf_conntrack_log_invalid: captures hold
checksums that the network card had yet to fill in, and reasons are always known. \`--profile\` chooses where to start from
(${PROFILE_NAMES.map((name) => `\`${name}\``).join(', ')}). Profile first, then the file, then single knobs.

| sysctl | default | unit | takes | the kernel's default is set in |
|---|---|---|---|---|
${rows.join('\n')}

${PROFILE_NAMES.slice(1).map(profileSection).join('\n')}`
}

function profileSection(name: string): string {
  const profile = profileSysctl(name)
  const defaults = defaultSysctl()
  const changed = KNOBS.filter(([knob]) => profile[knob] !== defaults[knob])
    .map(([knob]) => `\`${sysctlName(knob)}=${String(profile[knob])}\``)
  const more = profile.icmpReplyEnds === true ? ' An ICMP entry ends when each of its requests has its reply; no sysctl says so.' : ''
  return `## --profile ${name}
Differs from Linux 6.12 in ${changed.join(', ')}.${more}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, sysctlPage())
