// All commands and their options as plain data, from the definitions that commander parses by: for completion and the manual page.

import type { Command } from 'commander'

export interface OptionOutline {
  /** `--at`, and `-o` where there is one. */
  readonly long: string
  readonly short: string | null
  /** `<when>`; null for an option without a value. */
  readonly value: string | null
  readonly description: string
  /** The words a value can be, where they are few and known. */
  readonly choices: readonly string[]
  /** The value is a file. */
  readonly isFile: boolean
}

export interface CommandOutline {
  readonly name: string
  readonly description: string
  /** `<capture...>` */
  readonly arguments: readonly string[]
  readonly options: readonly OptionOutline[]
}

export function outlineOf(program: Command): CommandOutline[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => {
      const text = `${argument.name()}${argument.variadic ? '...' : ''}`
      return argument.required ? `<${text}>` : `[${text}]`
    }),
    options: [...command.options.map((option): OptionOutline => {
      const value = /[<[].*[>\]]/.exec(option.flags)?.[0] ?? null
      return {
        long: option.long ?? option.flags, short: option.short ?? null, value, description: option.description,
        choices: choicesIn(value, option.description, option.argChoices), isFile: (value ?? '').includes('file'),
      }
    }), { long: '--help', short: '-h', value: null, description: 'display help for command', choices: [], isFile: false }],
  }))
}

/** A description that begins with a list of words says what the value can be: `auto, always or never`. */
function choicesIn(value: string | null, description: string, known: readonly string[] | undefined): readonly string[] {
  if (known !== undefined) return known
  const list = /^(?:[a-z][\w.-]*(?:, | or )){1,12}[a-z][\w.-]*(?=$|;)/.exec(description)?.[0]
  return value === null || list === undefined ? [] : list.split(/, | or /)
}
