// One line a packet: its frame and ct_state as Open vSwitch's flows spell it, `7: +trk+est+rpl`; `-` where conntrack gave no answer.
// Kernel: net/openvswitch/conntrack.c, ovs_ct_update_key() (v6.12), for a packet that went through `ct()` and is not committed yet.

import {
  REPLY, VERDICT_ESTABLISHED, VERDICT_INVALID, VERDICT_NEW, VERDICT_NONE, VERDICT_RELATED, VERDICT_UNTRACKED,
} from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { IPCT_NEW, IPCT_RELATED } from '../table/status.ts'
import type { PacketForm } from './packet-form.ts'

export function packetOvs(): PacketForm {
  return {
    packet(out, frame, packet, engine) {
      out.number(frame.number)
      const isPromised = packet.connection >= 0 && new Connection(engine.table.records).at(packet.connection).master !== 0
      out.text(`: ${ctState(packet, isPromised)}\n`)
    },
  }
}

/**
 * The flags of ct_state. What conntrack leaves untracked by itself (neighbour discovery) has no connection: Open vSwitch calls that
 * invalid. All packets of a connection that a helper promised are related.
 */
export function ctState(packet: Pick<Packet, 'verdict' | 'direction' | 'events'>, isPromised: boolean): string {
  const { verdict } = packet
  switch (verdict) {
    case VERDICT_NONE: return '-'
    case VERDICT_INVALID: case VERDICT_UNTRACKED: return '+trk+inv'
  }
  const flags = [
    '+trk',
    verdict === VERDICT_NEW || (packet.events & (IPCT_NEW | IPCT_RELATED)) !== 0 ? '+new' : '',
    verdict === VERDICT_ESTABLISHED ? '+est' : '',
    verdict === VERDICT_RELATED || isPromised ? '+rel' : '',
    packet.direction === REPLY ? '+rpl' : '',
  ]
  return flags.join('')
}
