// Writes man/pcap-conntrack.1 from the definitions of the command line: `npm run manual`.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { processIo } from '../src/cli/io.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { manualPage } from '../src/cli/manual.ts'
import { outlineOf } from '../src/cli/outline.ts'
import { wholeProgram } from '../src/cli/program.ts'
import { Session } from '../src/cli/session.ts'
import { KERNEL } from '../src/index.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }
const commands = outlineOf(await new Session(processIo(), Object.keys(COMMANDS), wholeProgram).program())
mkdirSync(`${root}man`, { recursive: true })
writeFileSync(`${root}man/pcap-conntrack.1`, manualPage(commands, version, KERNEL))
