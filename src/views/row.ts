// One entry of the table as a plain object: what every view prints and every parser of a saved table returns.

/** One direction of an entry. */
export interface RowTuple {
  /** As text: dotted IPv4, or IPv6 in full as /proc prints it. */
  source: string
  destination: string
  /** TCP, UDP, UDP-Lite, SCTP, DCCP */
  sourcePort?: number
  destinationPort?: number
  /** ICMP, ICMPv6 */
  type?: number
  code?: number
  id?: number
  /** GRE */
  sourceKey?: number
  destinationKey?: number
}

/** What went in one direction. */
export interface RowCounters {
  packets: number
  bytes: number
}

/** One entry of the connection table. */
export interface Row {
  l3: 'ipv4' | 'ipv6'
  l3num: number
  /** `tcp`, `udp`, … or `unknown` */
  l4: string
  l4num: number
  /** Seconds left; null where the line has none (offloaded). */
  timeout: number | null
  /** TCP, SCTP, DCCP: the state's name */
  state: string | null
  /** GRE, where /proc says it: the timeouts before and after an answer, in seconds */
  greTimeouts?: { unreplied: number, stream: number }
  original: RowTuple
  reply: RowTuple
  originalCounters: RowCounters | null
  replyCounters: RowCounters | null
  seenReply: boolean
  assured: boolean
  /** The helper that reads its payload, where there is one. */
  helper?: string
  /** Of a connection that was promised: the one that promised it, in its original direction; null when that is gone. */
  master?: RowTuple | null
  /** A flow table has taken it over: the kernel sees its packets no longer. */
  offload?: 'OFFLOAD' | 'HW_OFFLOAD'
  mark: number
  zone: number
  /** The one direction its zone holds for; absent: both. */
  zoneDirection?: 'original' | 'reply'
  /** Security context (SELinux). */
  secctx?: string
  /** Whole seconds since it was made; null where the table does not say. */
  age: number | null
  use: number
  /** What conntrack(8) shows with `-o id` and `-o labels`. */
  id?: number
  labels?: string
  /** Read from a table that does not say whether it was answered or assured: both are false, and mean nothing. */
  statusUnknown?: true
  /** Read from a table: what stood in its line that nothing here knows, words separated by spaces. */
  rest?: string
}
