// Which word was meant.

/** The word that takes the fewest changes of a letter; the first of several, and `''` of none. */
export function nearest(written: string, words: readonly string[]): string {
  let best = ''
  let fewest = Infinity
  for (const word of words) {
    const changes = editDistance(written, word)
    if (changes >= fewest) continue
    best = word
    fewest = changes
  }
  return best
}

/** Levenshtein's distance: letters added, left out or exchanged. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
