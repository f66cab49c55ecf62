// The forms a table can be printed in: a list, each loaded when it is asked for.

import { UsageError } from '../base/errors.ts'
import type { MakeForm } from './form.ts'

const FORMS = {
  proc: async () => (await import('./procfs.ts')).procForm,
  legacy: async () => (await import('./legacy.ts')).legacyForm,
  conntrack: async () => (await import('./conntrack-tool.ts')).conntrackForm,
  extended: async () => (await import('./conntrack-tool.ts')).extendedForm,
  xml: async () => (await import('./xml.ts')).xmlForm,
  json: async () => (await import('./json.ts')).jsonForm,
  jsonl: async () => (await import('./json.ts')).jsonLinesForm,
  csv: async () => (await import('./csv.ts')).csvForm,
  table: async () => (await import('./table.ts')).tableForm,
  ovs: async () => (await import('./ovs.ts')).ovsForm,
} as const satisfies Readonly<Record<string, () => Promise<MakeForm>>>

export type FormName = keyof typeof FORMS

/** Names of the forms, in the order they are documented. */
export const FORM_NAMES = Object.keys(FORMS) as FormName[]

/** Loads a form by its name. @throws UsageError */
export async function loadForm(name: string): Promise<MakeForm> {
  const load = (FORMS as Readonly<Record<string, () => Promise<MakeForm>>>)[name]
  if (load === undefined) throw new UsageError(`unknown output "${name}": there are ${FORM_NAMES.join(', ')}`)
  return load()
}
