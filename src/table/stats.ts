// Counters as /proc/net/stat/nf_conntrack and `conntrack -S` name them. Source: struct ip_conntrack_stat, v6.12.

export class Stats {
  /** Packets that became part of no connection. */
  invalid = 0
  /** Entries that ctnetlink made (`conntrack -I`): packets leave it alone, so it stays zero here as on any router. */
  insert = 0
  insertFailed = 0
  drop = 0
  earlyDrop = 0
  /** ICMP errors that relate to nothing, and refused ICMP (`icmp_error` in /proc, `error` in `conntrack -S`). */
  error = 0
  expectNew = 0
  expectCreate = 0
  expectDelete = 0
  searchRestart = 0
  clashResolve = 0
  chainTooLong = 0
  found = 0
  /** Packets refused because the table was full (`nf_conntrack: table full, dropping packet`). */
  tableFull = 0
  /** Connections confirmed. The kernel has no such counter. */
  created = 0
}
