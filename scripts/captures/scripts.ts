// The scripts of test/scripts/, every variant of one in one capture, each with addresses of its own.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseScript } from '../../test/support/script/parse.ts'
import { printStep, type Script } from '../../test/support/script/script.ts'
import { compileVariants } from '../../test/support/script/variants.ts'
import { Capture } from './capture.ts'

const SCRIPTS = fileURLToPath(new URL('../../test/scripts/', import.meta.url))

/** By name of their folder: that of the script, `tcp/rst-exact-closes`. */
export function makeCaptures(): Record<string, Capture> {
  return Object.fromEntries(scriptNames().map((name) => [name, captureOf(readScript(name))]))
}

export function scriptNames(): string[] {
  return readdirSync(SCRIPTS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ct'))
    .map((file) => file.slice(0, -'.ct'.length)).sort()
}

export function readScript(name: string): Script {
  return parseScript(readFileSync(`${SCRIPTS}${name}.ct`, 'utf8'))
}

export function captureOf(script: Script): Capture {
  const capture = new Capture(script.sysctl)
  capture.isEach = true
  const last = script.steps.findLast(({ at }) => at !== null)?.at ?? 0
  capture.later = script.moments.map(({ at }) => Math.round((at - last) * 1000) / 1000)
  for (const { step, at, bytes, variant } of compileVariants(script)) {
    capture.goTo(Math.round(at * 1000)).note(`${variant.name}: ${printStep(script.steps[step]!)}`).add(bytes)
  }
  return capture
}
