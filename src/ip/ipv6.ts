// IPv6's chain of extension headers. (Walking skeleton: the chain itself comes with the IP layer.)

const found = { offset: -1, protocol: 0 }

/** Walks the chain of the IPv6 header at `at`; offset -1 when it is broken. */
export function headerChain(view: DataView, at: number, end: number): { readonly offset: number, readonly protocol: number } {
  found.offset = end - at < 40 ? -1 : at + 40
  found.protocol = view.getUint8(at + 6)
  return found
}
