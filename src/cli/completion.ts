// Scripts that have a shell complete commands, options and their values.

import type { CommandOutline, OptionOutline } from './outline.ts'

const PROGRAM = 'pcap-conntrack'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The script for a shell. @param commands  the first is the one that runs when none is named */
export function completionScript(shell: Shell, commands: readonly CommandOutline[]): string {
  const fallback = commands[0]?.name ?? ''
  switch (shell) {
    case 'bash': return bash(commands, fallback)
    case 'zsh': return zsh(commands, fallback)
    case 'fish': return fish(commands)
  }
}

const flagsOf = ({ short, long }: OptionOutline): string[] => (short === null ? [long] : [short, long])

function bash(commands: readonly CommandOutline[], fallback: string): string {
  const cases = commands.map(({ name, options }) => {
    const values = options.filter(({ value }) => value !== null).map((option) => {
      const what = option.choices.length > 0 ? `words="${option.choices.join(' ')}"` : option.isFile ? 'files=1' : ':'
      return `        ${flagsOf(option).join('|')}) ${what} ;;`
    })
    return [
      `    ${name})`, '      case $before in', ...values,
      `        *) words="${options.flatMap(flagsOf).join(' ')}"; files=1 ;;`, '      esac ;;',
    ].join('\n')
  })
  return `# ${PROGRAM} completion bash > /etc/bash_completion.d/${PROGRAM}
_pcap_conntrack() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=${fallback} words= files=
  case \${COMP_WORDS[1]} in ${commands.map(({ name }) => name).join('|')}) [ "$COMP_CWORD" -gt 1 ] && command=\${COMP_WORDS[1]} ;; esac
  case $command in
${cases.join('\n')}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="$words ${commands.map(({ name }) => name).join(' ')}"
  case $word in -*) files= ;; *) [ -n "$files" ] && [ "$COMP_CWORD" -gt 1 ] && words= ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [ -n "$files" ] && COMPREPLY+=($(compgen -f -- "$word"))
}
complete -o filenames -F _pcap_conntrack ${PROGRAM}
`
}

function zsh(commands: readonly CommandOutline[], fallback: string): string {
  const quote = (text: string): string => text.replace(/'/g, '\'\\\'\'').replace(/[[\]:]/g, '\\$&')
  const action = ({ value, choices, isFile }: OptionOutline): string =>
    value === null ? '' : `:${value.replace(/[<>[\]]/g, '')}:${choices.length > 0 ? `(${choices.join(' ')})` : isFile ? '_files' : ''}`
  const cases = commands.map(({ name, options }) => [
    `    ${name}) _arguments \\`,
    ...options.flatMap((option) => flagsOf(option).map((flag) => `      '*${flag}[${quote(option.description)}]${action(option)}' \\`)),
    '      \'*:capture:_files\' ;;',
  ].join('\n'))
  return `#compdef ${PROGRAM}
# ${PROGRAM} completion zsh > "\${fpath[1]}/_${PROGRAM}"
local -a commands=(
${commands.map(({ name, description }) => `  '${name}:${quote(description)}'`).join('\n')}
)
if (( CURRENT == 2 )); then
  _describe command commands
  _files
else
  local command=$words[2]
  (( $commands[(I)$command:*] )) && { shift words; (( CURRENT-- )) } || command=${fallback}
  case $command in
${cases.join('\n')}
  esac
fi
`
}

function fish(commands: readonly CommandOutline[]): string {
  const quote = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, '\\\'')}'`
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c ${PROGRAM} -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
    ...options.map(({ short, long, value, description: what, choices, isFile }) => {
      const flags = `${short === null ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`
      const values = value === null ? '' : choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : isFile ? ' -r -F' : ' -x'
      return `complete -c ${PROGRAM} -n ${quote(`__fish_seen_subcommand_from ${name}`)}${flags}${values} -d ${quote(what)}`
    }),
  ])
  return `# ${PROGRAM} completion fish > ~/.config/fish/completions/${PROGRAM}.fish\n${lines.join('\n')}\n`
}
