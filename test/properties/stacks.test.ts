// Stacks against lists, by random commands; and the wheel when many records have left it before their time.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Memory } from '../../src/base/memory.ts'
import { Records } from '../../src/table/records.ts'
import { MOST_AT_ONCE, Stacks } from '../../src/table/stacks.ts'
import { Wheel } from '../../src/table/wheel.ts'
import { DEADLINE_F64, RECORD_WORDS } from '../../src/table/layout.ts'

const STACKS = 3

type Command = { do: 'push' | 'pop' | 'unload', stack: number } | { do: 'blank', which: number }

const stack = fc.nat(STACKS - 1)
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('push' as const), stack }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pop' as const), stack }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unload' as const), stack }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('blank' as const), which: fc.nat(1000) }) },
)

/** Everything that a detached stack gives, in its order. */
function unloaded(stacks: Stacks, detached: number): number[] {
  const into = new Int32Array(MOST_AT_ONCE)
  const all: number[] = []
  let top = detached
  while (top !== 0) {
    top = stacks.unload(top, into)
    const end = into.indexOf(0)
    all.push(...into.slice(0, end < 0 ? MOST_AT_ONCE : end))
  }
  return all
}

describe('stacks', () => {
  test('give back what was put on them, the last first, but for what was blanked out', () => {
    fc.assert(fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
      const stacks = new Stacks(STACKS, new Memory())
      const model: { value: number, place: number }[][] = Array.from({ length: STACKS }, () => [])
      let value = 0
      for (const one of commands) {
        if (one.do === 'blank') {
          const list = model[one.which % STACKS] ?? []
          const [gone] = list.splice(one.which % (list.length + 1), 1)
          if (gone !== undefined) stacks.blank(gone.place)
          continue
        }
        const list = model[one.stack] ?? []
        if (one.do === 'push') list.push({ value: ++value, place: stacks.push(one.stack, value) })
        else if (one.do === 'pop') expect(stacks.pop(one.stack)).toBe(list.pop()?.value ?? 0)
        else expect(unloaded(stacks, stacks.detach(one.stack))).toEqual(list.splice(0).reverse().map((entry) => entry.value))
      }
      for (let i = 0; i < STACKS; i++) expect(unloaded(stacks, stacks.detach(i))).toEqual(model[i]?.reverse().map((entry) => entry.value))
      expect(stacks.blanks).toBe(0)
    }), { numRuns: 300 })
  })

  test('use the room of what is gone again', () => {
    const stacks = new Stacks(2, new Memory())
    const first = stacks.push(0, 1)
    stacks.pop(0)
    for (let i = 0; i < 10_000; i++) {
      stacks.push(i % 2, 1)
      stacks.pop(i % 2)
    }
    expect(stacks.push(0, 1)).toBeLessThan(first + 4 * (MOST_AT_ONCE + 1))
  })
})

describe('a wheel that records leave early', () => {
  test.each([true, false])('keeps no gaps, and loses nobody (ordered: %s)', (ordered) => {
    const memory = new Memory()
    const records = new Records(0, memory)
    const expired: number[] = []
    const wheel = new Wheel(records, 1000, ordered, memory, (index) => { expired.push(index) })
    const place = (deadline: number): number => {
      const index = records.take()
      records.doubles[(index * RECORD_WORDS + DEADLINE_F64) >>> 1] = deadline
      wheel.place(index)
      return index
    }
    wheel.start(0)
    const staying = [5000, 1000, 3000, 1001, 90_000].map(place)
    for (let i = 0; i < 300_000; i++) {
      const leaving = place(2000 + 1000 * (i % 50))
      wheel.remove(leaving)
      records.release(leaving)
      if (i % 100_000 === 50_000) staying.push(place(60_000 + i))
    }
    expect(wheel.gaps).toBeLessThan(100_000)
    for (let now = 1000; now < 500_000; now += 500) wheel.advance(now)
    const byDeadline = [...staying].sort((a, b) => deadlineOf(records, a) - deadlineOf(records, b))
    expect(ordered ? expired : [...expired].sort()).toEqual(ordered ? byDeadline : [...staying].sort())
  })
})

const deadlineOf = ({ doubles }: Records, index: number): number => doubles[(index * RECORD_WORDS + DEADLINE_F64) >>> 1] ?? 0
