// The kernel's timer wheel: a timer never goes off early, and the longer it is set for, the coarser its slot.

const FIRST_LEVEL = 63 // ticks up to which the wheel is exact
const LEVEL_BITS = 3 // each level is eight times as coarse as the one before
const COARSEST = 24 // bits

/**
 * How long after `jiffies` a timer set for `timeout` ticks goes off: 30 s at HZ=1000 late by up to 0.5 s, 60 s by up to 4.1 s.
 * @param jiffies  the kernel's count of ticks; only its place within a slot matters
 * @returns        ticks, more than `timeout`
 * @kernel         calc_index(), calc_wheel_index() — v6.12
 */
export function wheelDelay(jiffies: number, timeout: number): number {
  let bits = 0
  for (let level = FIRST_LEVEL; timeout >= level && bits < COARSEST; level *= 2 ** LEVEL_BITS) bits += LEVEL_BITS
  const slot = 2 ** bits
  return (Math.floor((jiffies + timeout) / slot) + 1) * slot - jiffies
}
