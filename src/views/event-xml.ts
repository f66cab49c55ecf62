// Events as `conntrack -E -o xml,timestamp` prints them, with times in UTC. Spelling: libnetfilter_conntrack 1.0.9.

import { EVENT_DESTROY, type ConntrackEvent } from '../conntrack/events.ts'
import { IPCT_PROTOINFO } from '../table/status.ts'
import type { EventForm, EventFormOptions } from './event-form.ts'
import { eventRowOf } from './event-row.ts'
import { printXml } from './xml.ts'

const TYPES = ['new', 'update', 'destroy']

export function eventXml(options: EventFormOptions): EventForm {
  return {
    begin(out) { out.text('<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n') },
    event(out, event) {
      const isGone = event.type === EVENT_DESTROY
      const { entry } = eventRowOf(event, options.hz)
      const shown = { ...entry, state: isGone || (event.bits & IPCT_PROTOINFO) !== 0 ? entry.state : null }
      const flow = printXml(shown, { counters: options.counters && isGone, timestamps: options.timestamps && isGone })
      out.text(`${flow.replace('<flow>', `<flow type="${TYPES[event.type] ?? ''}">`).replace('</flow>', `${when(event)}</flow>`)}\n`)
    },
    end(out) { out.text('</conntrack>\n') },
  }
}

function when({ sec }: ConntrackEvent): string {
  const time = new Date(sec * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `<when><hour>${String(time.getUTCHours())}</hour><min>${two(time.getUTCMinutes())}</min><sec>${two(time.getUTCSeconds())}</sec>` +
    `<wday>${String(time.getUTCDay() + 1)}</wday><day>${String(time.getUTCDate())}</day><month>${String(time.getUTCMonth() + 1)}</month>` +
    `<year>${String(time.getUTCFullYear())}</year></when>`
}
