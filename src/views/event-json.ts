// Events as JSON: one document (json), or one event a line (jsonl). docs/json.md says what each field is.

import type { ConntrackEvent } from '../conntrack/events.ts'
import type { EventForm, EventFormOptions } from './event-form.ts'
import { eventRowOf } from './event-row.ts'
import { jsonEntry } from './json.ts'
import { KERNEL, SCHEMA } from './schema.ts'

export function eventJson({ hz }: EventFormOptions): EventForm {
  let events = 0
  return {
    begin(out) { out.text(`{"schema":${JSON.stringify(SCHEMA)},"kernel":${JSON.stringify(KERNEL)},"events":[`) },
    event(out, event) { out.text(`${events++ > 0 ? ',' : ''}\n${printed(event, hz)}`) },
    end(out) { out.text(']}\n') },
  }
}

export function eventJsonl({ hz }: EventFormOptions): EventForm {
  return { event(out, event) { out.text(`${printed(event, hz)}\n`) } }
}

function printed(event: ConntrackEvent, hz: number): string {
  const row = eventRowOf(event, hz)
  return JSON.stringify({ ...row, entry: jsonEntry(row.entry) })
}
