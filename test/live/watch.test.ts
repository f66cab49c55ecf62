// A live capture by the packets' time, and by the wall clock while none come: both are given here.

import { describe, expect, test } from 'vitest'
import { Watch, type Watched, type WatchOptions } from '../../src/live/watch.ts'
import type { Frame } from '../../src/capture/frame.ts'
import { EVENT_NAMES } from '../../src/views/event-row.ts'
import { visibleRows } from '../../src/views/snapshot.ts'
import { aim } from '../support/conversation.ts'
import { arp, tcp, udp, type Seen } from '../support/traffic.ts'

const START = 1_700_000_000

/** What happens: packets that are there at once, or a silence until the wall clock stands at so many seconds. */
type Act = Seen | { readonly silentUntil: number }

/** A source that plays acts; its end comes behind the last, or when it is stopped. */
class Stage implements Watched {
  readonly damage = []
  readonly position = 0
  readonly size = 0
  /** Seconds behind START. */
  wall = 0
  stopped = false
  readonly #acts: Act[]
  #ready: Seen[] = []

  constructor(acts: readonly Act[]) {
    this.#acts = [...acts]
  }

  next(frame: Frame): boolean {
    const seen = this.#ready.shift()
    if (seen === undefined) return false
    aim(frame, seen, 1)
    return true
  }

  fill(): boolean | Promise<boolean> {
    const act = this.#acts.shift()
    if (act === undefined || this.stopped) return false
    if (!('silentUntil' in act)) {
      this.#ready.push(act)
      return true
    }
    // The clock jumps while the watch waits; what comes after the silence comes when the clock has been looked at.
    this.wall = act.silentUntil
    return new Promise((resolve) => { setTimeout(resolve, 150, true) })
  }

  origin() { return { path: '', offset: 0, interfaceName: null } }

  stop(): void { this.stopped = true }

  close(): void { /* holds nothing */ }
}

const at = (sec: number, bytes: Uint8Array): Seen => ({ sec: START + Math.floor(sec), nsec: Math.round(sec % 1 * 1e9), bytes })

/** Runs acts. @returns what each moment showed: seconds behind START, and `protocol timeout` of each entry */
async function play(acts: readonly Act[], options: Partial<WatchOptions> = {}): Promise<{ shown: string[], watch: Watch }> {
  const stage = new Stage(acts)
  const watch = new Watch(stage, { lagMs: 0, seed: 1, now: () => (START + stage.wall) * 1000, ...options })
  const shown: string[] = []
  for await (const { text, time, engine } of watch.moments()) {
    const when = text === 'end' ? 'end' : String(time.sec - START + time.nsec / 1e9)
    shown.push(`${when}: ${[...visibleRows(engine)].map(({ l4, timeout }) => `${l4} ${timeout}`).join(', ')}`)
  }
  return { shown, watch }
}

describe('a watch', () => {
  test('shows the table at equal distances, by the time of the packets', async () => {
    const { shown } = await play([at(0.2, udp()), at(1.5, udp({ sport: 7 })), at(3.1, udp({ sport: 8 }))], { everyMs: 1000 })
    expect(shown).toEqual(['1: udp 29', '2: udp 28, udp 29', '3: udp 27, udp 28', 'end: udp 27, udp 28, udp 30'])
  })

  test('lets time go on while nothing comes: entries expire', async () => {
    const { shown } = await play([at(0, udp()), { silentUntil: 29 }, { silentUntil: 31 }], { everyMs: 10_000 })
    expect(shown).toEqual(['10: udp 20', '20: udp 10', '30: ', 'end: '])
  })

  test('lets time go on as far behind the wall clock as a packet may be late', async () => {
    const late = await play([at(0, udp()), { silentUntil: 1.2 }, at(0.9, udp({ sport: 7 }))], { everyMs: 1000, lagMs: 500 })
    expect(late.shown).toEqual(['end: udp 29, udp 30'])
    expect(late.watch.engine.clock.backwards).toBe(0)
    const { shown } = await play([at(0, udp()), { silentUntil: 1.6 }], { everyMs: 1000, lagMs: 500 })
    expect(shown).toEqual(['1: udp 29', 'end: udp 28'])
  })

  test('shows an empty table before the first packet', async () => {
    const { shown } = await play([{ silentUntil: 2.5 }, at(2.6, tcp({}, 'S'))], { everyMs: 1000 })
    expect(shown).toEqual(['1: ', '2: ', 'end: tcp 120'])
  })

  test('shows the table at an instant that was asked for, beside those at equal distances', async () => {
    const stage = new Stage([at(0, udp()), at(0.4, udp({ sport: 7 })), at(1.2, udp({ sport: 8 })), { silentUntil: 5 }])
    const watch = new Watch(stage, { lagMs: 0, seed: 1, everyMs: 2000, now: () => (START + stage.wall) * 1000 })
    watch.ask(START * 1000 + 300)
    watch.ask(START * 1000 + 3500)
    const shown: string[] = []
    for await (const { time, engine } of watch.moments()) {
      shown.push(`${time.sec - START + time.nsec / 1e9}: ${[...visibleRows(engine)].length}`)
    }
    expect(shown).toEqual(['0.3: 1', '2: 3', '3.5: 3', '4: 3', '5: 3'])
  })

  test('ends after a count of IP packets, which frames of other kinds do not add to', async () => {
    const frames = [at(0, udp()), at(0.1, arp()), at(0.2, udp({ sport: 7 })), at(0.3, udp({ sport: 8 }))]
    const { watch, shown } = await play(frames, { count: 2 })
    expect([watch.engine.packets, watch.engine.frames]).toEqual([2, 3])
    expect(shown).toEqual(['end: udp 29, udp 30'])
  })

  test('hands each packet on, as -w keeps it', async () => {
    const seen: number[] = []
    await play([at(0, udp()), at(0.1, arp()), at(0.2, udp())], { onPacket: (_engine, frame) => { seen.push(frame.nsec / 1e6) } })
    expect(seen).toEqual([0, 200])
  })

  test('tells events in the order of time, also of what time alone ends', async () => {
    const events: string[] = []
    await play([at(0, udp()), { silentUntil: 40 }], {
      onEvent: ({ type, sec, why }) => { events.push(`${sec - START} ${EVENT_NAMES[type]} ${why === 0 ? '' : 'gone'}`.trim()) },
    })
    expect(events).toEqual(['0 NEW', '30 DESTROY gone'])
  })

  test('counts frames of link types that nothing reads', async () => {
    const { watch } = await play([{ ...at(0, udp()), linkType: 999 }, { ...at(0, udp()), linkType: 999 }])
    expect([...watch.unsupported]).toEqual([[999, 2]])
  })

  test('takes what was captured when it is stopped, and ends', async () => {
    const stage = new Stage([at(0, udp()), { silentUntil: 1 }, at(2, udp({ sport: 7 }))])
    const watch = new Watch(stage, { lagMs: 0, seed: 1, everyMs: 500, now: () => (START + stage.wall) * 1000 })
    const texts: string[] = []
    for await (const { text } of watch.moments()) {
      texts.push(text)
      watch.stop()
    }
    expect(texts.at(-1)).toBe('end')
    expect(watch.engine.packets).toBe(1)
  })
})
