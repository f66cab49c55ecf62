// Bits of a connection's status word. Source: enum ip_conntrack_status, nf_conntrack_common.h, v6.12.

export const IPS_EXPECTED = 1 << 0
export const IPS_SEEN_REPLY = 1 << 1
export const IPS_ASSURED = 1 << 2
export const IPS_CONFIRMED = 1 << 3
export const IPS_SRC_NAT = 1 << 4
export const IPS_DST_NAT = 1 << 5
export const IPS_SEQ_ADJUST = 1 << 6
export const IPS_SRC_NAT_DONE = 1 << 7
export const IPS_DST_NAT_DONE = 1 << 8
export const IPS_DYING = 1 << 9
export const IPS_FIXED_TIMEOUT = 1 << 10
export const IPS_OFFLOAD = 1 << 14
export const IPS_HW_OFFLOAD = 1 << 15

// What happened to a connection during one packet, as the kernel's event cache collects it.
// Source: enum ip_conntrack_events, v6.12.
export const IPCT_NEW = 1 << 0
export const IPCT_RELATED = 1 << 1
export const IPCT_DESTROY = 1 << 2
export const IPCT_REPLY = 1 << 3
export const IPCT_ASSURED = 1 << 4
export const IPCT_PROTOINFO = 1 << 5
export const IPCT_HELPER = 1 << 6
export const IPCT_MARK = 1 << 7
