// The command line: finds the command, runs it, and turns what goes wrong into an exit code.

import { CaptureError, UsageError } from '../index.ts'
import { COMMANDS, DEFAULT_COMMAND } from './commands.ts'
import { EXIT } from './exit-codes.ts'
import { ClosedPipe, type Io, processIo } from './io.ts'
import { Session } from './session.ts'

/** Runs the program. @returns its exit code */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const session = new Session(io)
  try {
    await run(argv, session)
    await session.out.flush()
    return session.exitCode
  } catch (error) {
    return exitCodeOf(error, session)
  }
}

async function run(argv: readonly string[], session: Session): Promise<void> {
  const first = argv[0] ?? ''
  if (first === '-V' || first === '--version') {
    const { versionText } = await import('./version.ts')
    session.out.text(versionText())
    return
  }
  const { oneCommand, wholeProgram } = await import('./program.ts')
  if (first === '-h' || first === '--help' || first === 'help') {
    await (await wholeProgram(session)).parseAsync(argv, { from: 'user' })
    return
  }
  const isNamed = Object.hasOwn(COMMANDS, first)
  const command = await oneCommand(isNamed ? first : DEFAULT_COMMAND, isNamed, session)
  await command.parseAsync(isNamed ? argv.slice(1) : argv, { from: 'user' })
}

/** What went wrong, said and turned into an exit code. What is no one's mistake but ours goes on up. */
async function exitCodeOf(error: unknown, session: Session): Promise<number> {
  if (error instanceof ClosedPipe) return session.exitCode
  if (error instanceof UsageError || error instanceof CaptureError) {
    session.io.say(`pcap-conntrack: ${error.message}\n`)
    return error instanceof UsageError ? EXIT.USAGE : EXIT.INPUT
  }
  const { CommanderError } = await import('commander')
  if (!(error instanceof CommanderError)) throw error
  await session.out.flush() // --help comes this way too
  return error.exitCode === 0 ? EXIT.DONE : EXIT.USAGE
}
