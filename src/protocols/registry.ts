// The trackers, by protocol number: a list, not a registration.

import {
  IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { DccpTracker } from './dccp/dccp.ts'
import { GenericTracker } from './generic.ts'
import { GreTracker } from './gre.ts'
import { IcmpTracker, Icmpv6Tracker } from './icmp.ts'
import { SctpTracker } from './sctp/sctp.ts'
import { TcpTracker } from './tcp/tcp.ts'
import type { Tracker, Tracking } from './tracker.ts'
import { UdpLiteTracker, UdpTracker } from './udp.ts'

/** One tracker of each kind, for one table. TCP and UDP are called by name: they are nearly all there is. */
export class Trackers {
  readonly tcp: TcpTracker
  readonly udp: UdpTracker
  readonly icmp: IcmpTracker
  /** By protocol number, shape [256]. */
  readonly byProtocol: readonly Tracker[]

  constructor(tracking: Tracking) {
    this.tcp = new TcpTracker(tracking)
    this.udp = new UdpTracker(tracking)
    this.icmp = new IcmpTracker(tracking)
    const all = new Array<Tracker>(256).fill(new GenericTracker(tracking))
    all[IPPROTO_TCP] = this.tcp
    all[IPPROTO_UDP] = this.udp
    all[IPPROTO_UDPLITE] = new UdpLiteTracker(tracking)
    all[IPPROTO_SCTP] = new SctpTracker(tracking)
    all[IPPROTO_DCCP] = new DccpTracker(tracking)
    all[IPPROTO_GRE] = new GreTracker(tracking)
    all[IPPROTO_ICMP] = this.icmp
    all[IPPROTO_ICMPV6] = new Icmpv6Tracker(tracking)
    this.byProtocol = all
  }
}
