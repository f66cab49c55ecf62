// What a form of output for events is.

import type { ConntrackEvent } from '../conntrack/events.ts'
import type { TextBuffer } from './text-buffer.ts'

export interface EventFormOptions {
  /** nf_conntrack_acct: what is gone says its packets and bytes. */
  readonly counters: boolean
  /** nf_conntrack_timestamp: what is gone says its age. */
  readonly timestamps: boolean
  /** Ticks a second. */
  readonly hz: number
}

export interface EventForm {
  begin?(out: TextBuffer): void
  event(out: TextBuffer, event: ConntrackEvent): void
  end?(out: TextBuffer): void
}

export type MakeEventForm = (options: EventFormOptions) => EventForm
