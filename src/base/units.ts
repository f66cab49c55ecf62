// Numbers that protocols assign, and the units the program counts in.
//
// Time: a frame carries `sec` and `nsec` exactly as read. Everything behind the link layer counts in ticks, the
// kernel's jiffies: floor(milliseconds since the epoch × HZ / 1000), held in a double (exact for any date).

export const NSEC_PER_SEC = 1_000_000_000

export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_IPV6 = 0x86dd

export const IPPROTO_HOPOPTS = 0
export const IPPROTO_ICMP = 1
export const IPPROTO_IGMP = 2
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_DCCP = 33
export const IPPROTO_IPV6 = 41
export const IPPROTO_ROUTING = 43
export const IPPROTO_FRAGMENT = 44
export const IPPROTO_GRE = 47
export const IPPROTO_AH = 51
export const IPPROTO_ICMPV6 = 58
export const IPPROTO_NONE = 59
export const IPPROTO_DSTOPTS = 60
export const IPPROTO_SCTP = 132
export const IPPROTO_MH = 135
export const IPPROTO_UDPLITE = 136

/** Address families as Linux numbers them: what /proc/net/nf_conntrack prints behind `ipv4` and `ipv6`. */
export const AF_INET = 2
export const AF_INET6 = 10
