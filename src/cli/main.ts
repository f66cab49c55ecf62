// The command line: finds the command, runs it, and turns what goes wrong into an exit code.

import { COMMANDS, DEFAULT_COMMAND } from './commands.ts'
import { EXIT } from './exit-codes.ts'
import { ClosedPipe, type Io, OutputError, processIo } from './io.ts'

/** Runs the program. @returns its exit code */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  try {
    return await run(argv, io)
  } catch (error) {
    if (error instanceof ClosedPipe) return EXIT.DONE
    return exitCodeOf(error, io)
  }
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  const first = argv[0] ?? ''
  if (first === '-V' || first === '--version') {
    const { versionText } = await import('./version.ts')
    await io.write(new TextEncoder().encode(versionText()))
    return EXIT.DONE
  }
  const [{ oneCommand, wholeProgram }, { Session }] = await Promise.all([import('./program.ts'), import('./session.ts')])
  const session = new Session(io, Object.keys(COMMANDS), wholeProgram)
  const isNamed = Object.hasOwn(COMMANDS, first)
  try {
    if (first === '-h' || first === '--help' || first === 'help') await (await wholeProgram(session)).parseAsync(argv, { from: 'user' })
    else {
      const command = await oneCommand(isNamed ? first : DEFAULT_COMMAND, isNamed, session)
      await command.parseAsync(isNamed ? argv.slice(1) : argv, { from: 'user' })
    }
  } finally {
    await session.out.flush() // what commander says of --help comes this way too
  }
  return session.exitCode
}

/** What went wrong, said and turned into an exit code. What is no one's mistake but ours goes on up. */
async function exitCodeOf(error: unknown, io: Io): Promise<number> {
  if (error instanceof OutputError) {
    io.say(`pcap-conntrack: ${error.message}\n`)
    return EXIT.OUTPUT
  }
  const { CaptureError, LiveError, UsageError } = await import('../index.ts')
  if (error instanceof LiveError) {
    io.say(`pcap-conntrack: ${error.message}\n${error.remedy}\n`)
    return EXIT.USAGE
  }
  if (error instanceof UsageError || error instanceof CaptureError) {
    io.say(`pcap-conntrack: ${error.message}\n`)
    return error instanceof UsageError ? EXIT.USAGE : EXIT.INPUT
  }
  const { CommanderError } = await import('commander')
  if (!(error instanceof CommanderError)) throw error
  return error.exitCode === 0 ? EXIT.DONE : EXIT.USAGE
}
