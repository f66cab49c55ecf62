// The forms in which events can be printed: a list, each loaded when it is asked for.

import { UsageError } from '../base/errors.ts'
import type { MakeEventForm } from './event-form.ts'

const FORMS = {
  conntrack: async () => (await import('./event-line.ts')).eventLines,
  json: async () => (await import('./event-json.ts')).eventJson,
  jsonl: async () => (await import('./event-json.ts')).eventJsonl,
  xml: async () => (await import('./event-xml.ts')).eventXml,
} as const satisfies Readonly<Record<string, () => Promise<MakeEventForm>>>

export const EVENT_FORM_NAMES = Object.keys(FORMS)

/** Loads a form by its name. @throws UsageError */
export async function loadEventForm(name: string): Promise<MakeEventForm> {
  const load = (FORMS as Readonly<Record<string, () => Promise<MakeEventForm>>>)[name]
  if (load === undefined) throw new UsageError(`unknown output "${name}": there are ${EVENT_FORM_NAMES.join(', ')}`)
  return load()
}
