// Fragments of one datagram must agree on ECN. RFC 3168 section 5.3.

const NOT_ECT = 1 << 0

/**
 * True when fragments with these codepoints can be of one datagram: CE may have been set on the way, Not-ECT may not.
 * @param seen  one bit for each codepoint: 1 << codepoint
 * @kernel      ip_frag_ecn_table[] — v6.12
 */
export function ecnAgrees(seen: number): boolean {
  return (seen & NOT_ECT) === 0 || seen === NOT_ECT
}
