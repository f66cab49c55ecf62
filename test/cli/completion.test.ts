// Completion and the manual page are made of the commands' own definitions: all of them, and nothing else.

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { processIo } from '../../src/cli/io.ts'
import { manualPage } from '../../src/cli/manual.ts'
import { outlineOf } from '../../src/cli/outline.ts'
import { wholeProgram } from '../../src/cli/program.ts'
import { Session } from '../../src/cli/session.ts'
import { KERNEL } from '../../src/index.ts'
import { command, Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const commands = outlineOf(await new Session(processIo(), Object.keys(COMMANDS), wholeProgram).program())
const script = async (shell: string): Promise<string> => {
  const { code, out } = await command(['completion', shell])
  expect(code).toBe(EXIT.DONE)
  return out
}
const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('of %s knows every command and option', async (shell) => {
    const text = await script(shell)
    expect(commands.map(({ name }) => name)).toEqual(Object.keys(COMMANDS))
    for (const { name, options } of commands) {
      expect(text).toContain(name)
      for (const { long } of options) expect(text).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long)
    }
  })

  test.each(['bash', 'zsh', 'fish'])('of %s is a script that the shell can read', async (shell) => {
    if (isThere(shell)) execFileSync(shell, ['-n', folder.file(`completion.${shell}`, await script(shell))])
  })

  test.each([
    ['ev', 'events'], ['diagnose --vant', '--vantage'], ['events --output j', 'json jsonl'], ['events -o x', 'xml'],
    ['--ev', '--every'], ['packets --output t', 'tsv table'], ['no-such', ''],
  ])('of bash turns "%s" into "%s"', async (typed, completed) => {
    const file = folder.file('completion.bash', await script('bash'))
    const words = typed.split(' ')
    const ask = `source ${file}; COMP_WORDS=(pcap-conntrack ${typed}); COMP_CWORD=${String(words.length)}; _pcap_conntrack; ` +
      'echo "${COMPREPLY[@]}"'
    expect(execFileSync('bash', ['-c', ask], { encoding: 'utf8', cwd: folder.path }).trim()).toBe(completed)
  })

  test('is refused for a shell that is not known', async () => {
    expect((await command(['completion', 'csh'])).code).toBe(EXIT.USAGE)
  })
})

test('the manual page is what npm run manual makes', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  expect(readFileSync(join(ROOT, 'man/pcap-conntrack.1'), 'utf8')).toBe(manualPage(commands, version, KERNEL))
})
