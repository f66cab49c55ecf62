import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, formatIpv6Full } from '../../src/base/address.ts'
import { TextBuffer } from '../../src/views/text-buffer.ts'

/** What a buffer hands on when `fill` has added to it. */
async function gathered(fill: (out: TextBuffer) => void): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  const out = new TextBuffer((bytes) => { text += decoder.decode(bytes, { stream: true }) })
  fill(out)
  await out.flush()
  return text
}

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

describe('a text buffer', () => {
  test('hands on texts as they are', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.string({ unit: 'grapheme', maxLength: 200 }))), async (texts) => {
      expect(await gathered((out) => { for (const text of texts) out.text(text) })).toBe(texts.join(''))
    }))
  })

  test('grows with a text of any length', async () => {
    const long = 'é'.repeat(500_000)
    expect(await gathered((out) => {
      out.text('before ')
      out.text(long)
      out.text(' behind')
    })).toBe(`before ${long} behind`)
  })

  test('prints numbers in decimal', async () => {
    const number = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -1))
    await fc.assert(fc.asyncProperty(number, async (value) => {
      expect(await gathered((out) => { out.number(value) })).toBe(String(value))
    }))
    await fc.assert(fc.asyncProperty(fc.nat(999_999_999), async (value) => {
      expect(await gathered((out) => { out.padded(value, 9) })).toBe(String(value).padStart(9, '0'))
    }))
  })

  test('prints addresses as the kernel does', async () => {
    await fc.assert(fc.asyncProperty(word, word, word, word, async (a, b, c, d) => {
      expect(await gathered((out) => { out.ipv4(a) })).toBe(formatIpv4(a))
      expect(await gathered((out) => { out.ipv6(a, b, c, d) })).toBe(formatIpv6Full(a, b, c, d))
    }))
  })

  test('says when it is full, and is empty after it has been flushed', async () => {
    let calls = 0
    const out = new TextBuffer(() => { calls++ })
    expect(out.full).toBe(false)
    for (let i = 0; i < 20_000; i++) out.text('four')
    expect(out.full).toBe(true)
    await out.flush()
    await out.flush()
    expect([out.full, calls]).toEqual([false, 1])
  })
})
