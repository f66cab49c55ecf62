// The order of files that one capture was split into: cap.pcap, cap.pcap1, … cap.pcap10, or cap_00001_20260131… as a shell lists them.

/**
 * Places of names in their natural order: names that differ in their digits alone are in the order of their numbers, and all
 * else stays as it was given.
 */
export function naturalOrder(names: readonly string[]): number[] {
  const series = new Map<string, number[]>()
  names.forEach((name, place) => {
    const stem = name.replace(/\d+/g, '')
    const places = series.get(stem)
    if (places === undefined) series.set(stem, [place])
    else places.push(place)
  })
  const numbers = names.map((name) => (name.match(/\d+/g) ?? []).map(Number))
  return [...series.values()].flatMap((places) => places.sort((a, b) => compareNumbers(numbers[a]!, numbers[b]!)))
}

/** The one that ends first comes first: the first of tcpdump's files has no number. */
function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((number, i) => number !== b[i])
  if (differs < 0) return a.length - b.length
  return differs < b.length ? a[differs]! - b[differs]! : 1
}
