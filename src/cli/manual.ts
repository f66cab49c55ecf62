// The manual page, in the troff of man(7).

import type { CommandOutline } from './outline.ts'

/** @param version  the program's */
export function manualPage(commands: readonly CommandOutline[], version: string, kernel: string): string {
  const sections = commands.map(({ name, description, arguments: args, options }) => [
    `.SS ${escaped(['pcap-conntrack', name, '[options]', ...args].join(' '))}`,
    sentence(description),
    ...options.map(({ short, long, value, description: what }) =>
      `.TP\n.B ${escaped(short === null ? long : `${short}, ${long}`)}${value === null ? '' : ` ${escaped(value)}`}\n${escaped(what)}`),
  ].join('\n'))
  return `.TH PCAP\\-CONNTRACK 1 "" "pcap\\-conntrack ${escaped(version)}" "User Commands"
.SH NAME
pcap\\-conntrack \\- what Linux's connection tracker knew of the packets in a capture
.SH SYNOPSIS
.B pcap\\-conntrack
[command] <capture...> [options]
.SH DESCRIPTION
Replays a packet capture through a re\\-implementation of the connection tracking of ${escaped(kernel)}, on the capture's own
clock, and prints what that kernel would have printed: its table at any instant, events, verdicts of packets and why.
.B snapshot
is the command that runs when none is named.
.SH COMMANDS
${sections.join('\n')}
.SH EXIT STATUS
0 done; 1 findings or differences; 2 usage; 3 input that is damaged or cannot be read, after what could be read was printed;
130 interrupted.
.SH SEE ALSO
.BR conntrack (8),
.BR tcpdump (8),
.BR pcap\\-filter (7)
`
}

/** A line of text: no troff request, hyphens as they are typed. */
function escaped(text: string): string {
  return text.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/^[.']/, '\\&$&')
}

const sentence = (text: string): string => escaped(text.charAt(0).toUpperCase() + text.slice(1))
