// Every script of test/scripts/: conversations that people can read, with what the kernel said of each packet beside it. The goldens
// of the same names are what it was recorded from, and goldens.test.ts holds us to those.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { captureOf, readScript, scriptNames } from '../scripts/captures/scripts.ts'
import { annotated } from '../scripts/lib/annotate.ts'
import { printScript } from './support/script/script.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))

describe.each(scriptNames())('%s', (name) => {
  const script = readScript(name)

  test('makes the capture that the kernel was asked about', () => {
    const golden = readFileSync(`${HERE}golden/linux-6.12/${name}/capture.pcap`)
    expect(Buffer.from(captureOf(script).toPcap()).equals(golden)).toBe(true)
  })

  test('says what the kernel said', () => {
    expect(readFileSync(`${HERE}scripts/${name}.ct`, 'utf8')).toBe(printScript(annotated(script, name)))
  })
})
