// The command line as commander knows it: one command alone, which is quick, or all of them, for help.

import { Command } from 'commander'
import { COMMANDS, DEFAULT_COMMAND } from './commands.ts'
import type { Session } from './session.ts'

const EXAMPLES = `
Examples:
  pcap-conntrack capture.pcap                          the table at the end of the capture, as /proc/net/nf_conntrack
  pcap-conntrack capture.pcap --at +10s --at end+60s   ten seconds after the first frame; a minute after the last packet
  pcap-conntrack capture.pcap --every 10s -o table     every ten seconds, for people
  pcap-conntrack packets capture.pcap | grep INVALID   which packets are INVALID, and why
  pcap-conntrack stats capture.pcap                    verdicts, protocols, reasons, counters
  tcpdump -w - | pcap-conntrack -                      from standard input

snapshot is the command that runs when none is named. Exit status: 0 done, 1 findings or differences, 2 usage,
3 input that is damaged or cannot be read (what could be read is printed), 130 interrupted.`

/** Everything there is, for help, completion and the manual page. */
export async function wholeProgram(session: Session): Promise<Command> {
  const program = prepare(new Command('pcap-conntrack'), session)
    .description('Give it a packet capture: it tells what Linux\'s connection tracker knew, at any instant, and why.')
    .usage('[command] <capture...> [options]')
    .option('-V, --version', 'print the version, and the kernel whose behaviour is shown')
    .addHelpText('after', EXAMPLES)
  for (const [name, load] of Object.entries(COMMANDS)) {
    const command = prepare(program.command(name, { isDefault: name === DEFAULT_COMMAND }), session)
    const module = await load()
    module.define(command, session)
  }
  return program
}

/** One command, ready to parse what stands behind its name. */
export async function oneCommand(name: string, isNamed: boolean, session: Session): Promise<Command> {
  const command = prepare(new Command(isNamed ? `pcap-conntrack ${name}` : 'pcap-conntrack'), session)
  const module = await COMMANDS[name]?.()
  module?.define(command, session)
  return command
}

function prepare(command: Command, { io, out }: Session): Command {
  return command
    .exitOverride()
    .showHelpAfterError('(--help says how)')
    .configureOutput({
      writeOut: (text) => { out.text(text) },
      writeErr: (text) => { io.say(text) },
      getOutHelpWidth: () => (io.outIsTerminal ? io.columns : 120),
      getErrHelpWidth: () => 120,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
}
