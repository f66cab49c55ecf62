// The command line: finds the command, runs it, and turns what goes wrong into an exit code.

import { Command, CommanderError } from 'commander'
import { CaptureError, UsageError } from '../index.ts'
import { COMMANDS, DEFAULT_COMMAND } from './commands.ts'
import { EXIT } from './exit-codes.ts'
import { ClosedPipe, type Io, processIo } from './io.ts'
import { Session } from './session.ts'

/** Runs the program. @returns its exit code */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const session = new Session(io)
  try {
    const name = argv[0] ?? ''
    const isCommand = Object.hasOwn(COMMANDS, name)
    const load = COMMANDS[isCommand ? name : DEFAULT_COMMAND]
    const command = new Command(`pcap-conntrack${isCommand ? ` ${name}` : ''}`)
    command.exitOverride().configureOutput({
      writeOut: (text) => { session.out.text(text) },
      writeErr: (text) => { io.say(text) },
    })
    const module = await load?.()
    module?.define(command, session)
    await command.parseAsync(isCommand ? argv.slice(1) : argv, { from: 'user' })
    await session.out.flush()
    return session.exitCode
  } catch (error) {
    if (error instanceof ClosedPipe) return session.exitCode
    if (error instanceof CommanderError) {
      await session.out.flush()
      return error.exitCode === 0 ? EXIT.DONE : EXIT.USAGE
    }
    if (error instanceof UsageError || error instanceof CaptureError) {
      io.say(`pcap-conntrack: ${error.message}\n`)
      return error instanceof UsageError ? EXIT.USAGE : EXIT.INPUT
    }
    throw error
  }
}
