// Which types of events are asked for, as conntrack(8) names them.

import { EVENT_NAMES, UsageError } from '../index.ts'

/** By type of event: is it asked for? @throws UsageError */
export function wantedEvents(mask: string): boolean[] {
  const wanted = EVENT_NAMES.map(() => false)
  for (const word of mask.toUpperCase().split(',')) {
    if (word === 'ALL') wanted.fill(true)
    else {
      const type = (EVENT_NAMES as readonly string[]).indexOf(word === 'UPDATES' ? 'UPDATE' : word)
      if (type < 0) throw new UsageError(`--event-mask ${mask}: write ALL, NEW, UPDATES or DESTROY`)
      wanted[type] = true
    }
  }
  return wanted
}
