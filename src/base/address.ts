// IP addresses as text and as words. A word is 32 bits of an address in network order, unsigned.

/** An IPv4 address as Linux prints it (`%pI4`). */
export function formatIpv4(word: number): string {
  return `${String(word >>> 24)}.${String((word >>> 16) & 255)}.${String((word >>> 8) & 255)}.${String(word & 255)}`
}

/** An IPv6 address in full, as `/proc/net/nf_conntrack` prints it (`%pI6`): eight groups of four digits. */
export function formatIpv6Full(a: number, b: number, c: number, d: number): string {
  let text = ''
  for (let i = 0; i < 8; i++) {
    const word = i < 2 ? a : i < 4 ? b : i < 6 ? c : d
    const group = i & 1 ? word & 0xffff : word >>> 16
    text += (i > 0 ? ':' : '') + group.toString(16).padStart(4, '0')
  }
  return text
}

/** An IPv6 address in short, as inet_ntop(3) and `conntrack -L` print it (RFC 5952, the longest run of zeros as `::`). */
export function formatIpv6Short(a: number, b: number, c: number, d: number): string {
  const groups: number[] = []
  for (const word of [a, b, c, d]) groups.push(word >>> 16, word & 0xffff)
  let bestAt = -1
  let bestLength = 1
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (at + length < 8 && groups[at + length] === 0) length++
    if (length > bestLength) {
      bestAt = at
      bestLength = length
    }
  }
  // Embedded IPv4: ::a.b.c.d and ::ffff:a.b.c.d, as inet_ntop(3) does.
  if (bestAt === 0 && (bestLength === 6 || (bestLength === 5 && groups[5] === 0xffff))) {
    return `::${bestLength === 5 ? 'ffff:' : ''}${formatIpv4(d)}`
  }
  const hex = (from: number, to: number): string => groups.slice(from, to).map((group) => group.toString(16)).join(':')
  return bestAt < 0 ? hex(0, 8) : `${hex(0, bestAt)}::${hex(bestAt + bestLength, 8)}`
}

/** Four words of an address: an IPv4 address is its one word and three zeros. */
export type AddressWords = [number, number, number, number]

/** Reads an IPv4 address, or null where the text is none. */
export function parseIpv4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return null
  let word = 0
  for (let i = 1; i <= 4; i++) {
    const part = Number(match[i])
    if (part > 255) return null
    word = word * 256 + part
  }
  return word
}

/** Reads an IPv6 address, long, short or with an embedded IPv4 tail; null where the text is none. */
export function parseIpv6(text: string): AddressWords | null {
  let rest = text
  let tail: number[] = []
  const v4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(rest)
  if (v4 !== null) {
    const word = parseIpv4(v4[2] ?? '')
    if (word === null) return null
    tail = [word >>> 16, word & 0xffff]
    rest = (v4[1] ?? '').endsWith('::') ? (v4[1] ?? '') : (v4[1] ?? '').slice(0, -1)
  }
  const halves = rest.split('::')
  if (halves.length > 2) return null
  const read = (half: string | undefined): number[] | null => {
    if (half === undefined || half === '') return []
    const groups: number[] = []
    for (const group of half.split(':')) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null
      groups.push(parseInt(group, 16))
    }
    return groups
  }
  const left = read(halves[0])
  const right = read(halves[1])
  if (left === null || right === null) return null
  const missing = 8 - left.length - right.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null // `::` stands for one group at least
  const groups = [...left, ...new Array<number>(missing).fill(0), ...right, ...tail]
  const word = (at: number): number => (groups[at] ?? 0) * 65536 + (groups[at + 1] ?? 0)
  return [word(0), word(2), word(4), word(6)]
}

/** An address in short: IPv6 as formatIpv6Short prints it, anything else as it stands. */
export function shortAddress(text: string): string {
  const words = text.includes(':') ? parseIpv6(text) : null
  return words === null ? text : formatIpv6Short(...words)
}
