// What one fragment weighs against the memory bounds. Kernel: skb->truesize of a packet read from a tap port (v6.12).

const PAGE = 4096 // bytes
const STRUCTS = 256 // bytes: struct sk_buff
const SHARED_INFO = 320 // bytes, at the end of every buffer
const HEADROOM = 66 // bytes before the frame
const ETHERNET = 14 // bytes
const LINEAR = 3712 // bytes of a long frame that fit the first page

/**
 * Bytes of kernel memory that an IP packet of `length` bytes takes up.
 * @differs  every driver lays out its buffers in its own way: these are a tap port's
 */
export function packetMemory(length: number): number {
  const frame = length + ETHERNET
  const buffer = ((frame + HEADROOM + 63) & ~63) + SHARED_INFO
  if (buffer <= PAGE) return STRUCTS + buffer
  if (frame < PAGE) return STRUCTS + 2 * PAGE
  return STRUCTS + PAGE + Math.ceil((frame - LINEAR) / PAGE) * PAGE
}
