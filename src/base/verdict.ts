// What conntrack says of a packet: the ctstate that rules match on, and the direction beside it.

/** No answer: a fragment held or thrown away, or a packet dropped before it could be tracked. */
export const VERDICT_NONE = 0
export const VERDICT_INVALID = 1
export const VERDICT_UNTRACKED = 2
export const VERDICT_NEW = 3
export const VERDICT_ESTABLISHED = 4
export const VERDICT_RELATED = 5

/** Names by verdict, as `iptables -m conntrack --ctstate` spells them. */
export const VERDICT_NAMES = ['-', 'INVALID', 'UNTRACKED', 'NEW', 'ESTABLISHED', 'RELATED'] as const
export type VerdictName = (typeof VERDICT_NAMES)[number]

/** Directions of a connection. */
export const ORIGINAL = 0
export const REPLY = 1

// What a protocol's packet function answers. Kernel: NF_ACCEPT, -NF_ACCEPT, NF_DROP, -NF_REPEAT.
export const ACCEPT = 1
export const INVALID = -1
export const DROP = 0
/** The connection was deleted so that the same packet can open it anew. */
export const REPEAT = -4
