// Q.931's envelope: information elements, of which one holds the H.225.0 message.
// Kernel: DecodeQ931() in nf_conntrack_h323_asn1.c (v6.12).

const DISCRIMINATOR = 0x08
const USER_USER = 0x7e // the information element that holds the message; its length takes two bytes

/** Finds the H.225.0 message. @returns null where there is none, or it is cut short */
export function findUserInformation(bytes: Uint8Array, at: number, end: number): { at: number, end: number } | null {
  if (end - at < 2 || bytes[at] !== DISCRIMINATOR) return null
  at += 2 + (bytes[at + 1] ?? 0) // the call's reference, behind its length
  if (end - at < 2) return null
  at++ // the message's type
  if (((bytes[at] ?? 0) & 0x80) !== 0) at++ // a shift to another set of elements
  while (at < end) {
    if (bytes[at] === USER_USER) {
      if (end - at < 3) return null
      const length = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
      at += 3
      // The first byte is another discriminator.
      return end - at < length || length < 2 ? null : { at: at + 1, end: at + length }
    }
    if (end - at < 2) return null
    const length = bytes[at + 1] ?? 0
    at += 2
    if (end - at < length) return null
    at += length
  }
  return null
}
