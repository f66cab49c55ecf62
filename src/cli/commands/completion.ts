// completion: a script that has the shell complete commands and options.

import type { Command } from 'commander'
import { completionScript, SHELLS } from '../completion.ts'
import { oneOf } from '../options.ts'
import { outlineOf } from '../outline.ts'
import type { Session } from '../session.ts'

const EXAMPLES = `
Examples:
  pcap-conntrack completion bash > /etc/bash_completion.d/pcap-conntrack
  pcap-conntrack completion zsh > "\${fpath[1]}/_pcap-conntrack"
  pcap-conntrack completion fish > ~/.config/fish/completions/pcap-conntrack.fish`

export function define(command: Command, session: Session): void {
  command
    .description('print a script that has a shell complete commands, options and values')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: string) => {
      const wanted = SHELLS.find((known) => known === oneOf('completion', shell, SHELLS)) ?? 'bash'
      session.out.text(completionScript(wanted, outlineOf(await session.program())))
    })
}
