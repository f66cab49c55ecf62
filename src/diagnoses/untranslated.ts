// A client gets a packet of its connection from an address that it never spoke to: translation was left out for it, as for all that
// is INVALID to the machine that translates. The client answers with a RST.

import { seqDiff } from '../base/seq.ts'
import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow, Side } from './flow.ts'

const NEAR = 1 << 24 // bytes between the numbers of one connection

/** A flow that nobody opened, and the connection that it is part of. */
interface Stray {
  readonly sender: Side
  readonly refuser: Side
  readonly from: string
  readonly connection: Flow
}

export function untranslated({ tcp }: Context): Finding[] {
  const refused = tcp.filter(isRefused)
  if (refused.length === 0) return []
  const byClient = new Map<string, Flow[]>()
  for (const flow of tcp) {
    if (flow.client.syns === 0 || !flow.isTwoSided) continue
    const flows = byClient.get(flow.clientText)
    if (flows === undefined) byClient.set(flow.clientText, [flow])
    else flows.push(flow)
  }
  const strays = refused.flatMap((flow) => strayOf(flow, byClient))
  if (strays.length === 0) return []
  const senders = [...new Set(strays.map(({ from }) => from))]
  const services = [...new Set(strays.map(({ connection }) => connection.serverText))]
  return [{
    code: 'untranslated', subject: services.length === 1 ? `${services[0] ?? ''}/tcp` : 'capture', severity: 'error', confidence: 0.95,
    sentence: `${count(strays.length, 'connection')} to ${services.slice(0, 3).join(', ')} got packets straight from `
      + `${senders.slice(0, 3).join(', ')}, an address that the client never spoke to, and it answered with RST: the machine that `
      + 'translates left these packets as they were.',
    numbers: { connections: strays.length, services: services.length, senders: senders.length },
    proof: ['their sequence numbers are those of the connection, their addresses are not',
      'each RST has the very number that the packet before acknowledged'],
    frames: framesOf(...strays.slice(0, 4).flatMap(({ sender, refuser, connection }) => [connection.client.synFrame, sender.lastFrame,
      refuser.rstFrame])),
    table: ['on the machine that translates: the entry of the connection, which an INVALID packet neither matches nor refreshes',
      'here: an entry of the stray packet, from its sender to the client, which the RST ends'],
    invalidDrop: 'is what helps, on the machine that translates: the packet would be sent again, and no RST would come back',
    remedy: ['there: iptables -I FORWARD -m conntrack --ctstate INVALID -j DROP (kube-proxy does since Kubernetes 1.15), or '
      + 'nf_conntrack_tcp_be_liberal=1, which calls nothing INVALID for its window',
    'capture there too: `pcap-conntrack diagnose` then says why the packets are INVALID'],
    noRemedy: ['any setting on the client: it is right to refuse what it never asked for', 'a larger table or longer timeouts there'],
  }]
}

/** Somebody sends data or ACKs without a SYN and gets nothing but resets. */
function isRefused({ client, server, isTwoSided }: Flow): boolean {
  return client.syns + server.syns + client.synAcks + server.synAcks === 0 && isTwoSided
    && (client.rsts === client.packets || server.rsts === server.packets)
}

/** The resets have the number that was acknowledged. */
function strayOf(flow: Flow, byClient: ReadonlyMap<string, readonly Flow[]>): Stray[] {
  const { client, server } = flow
  const isReversed = client.rsts === client.packets
  const [sender, refuser] = isReversed ? [server, client] : [client, server]
  if (refuser.rsts !== refuser.packets || sender.rsts > 0 || refuser.rstHasAck || refuser.rstSeq !== sender.maxAck) return []
  const [from, to] = isReversed ? [flow.serverText, flow.clientText] : [flow.clientText, flow.serverText]
  const connection = byClient.get(to)?.find((other) => other.serverText !== from && other.server.hasEnd
    && Math.abs(seqDiff(sender.end, other.server.end)) < NEAR)
  return connection === undefined ? [] : [{ sender, refuser, from, connection }]
}
