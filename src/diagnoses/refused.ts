// Connections refused: a SYN is answered by a RST.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'

const MOST_ALONE = 4 // services that are told of one by one

export function refused({ services }: Context): Finding[] {
  const refusing = services.map((service) => ({ text: service.text, flows: service.flows.filter(isRefused) }))
    .filter(({ flows }) => flows.length > 0)
  if (refusing.length <= MOST_ALONE) return refusing.map(({ text, flows }) => finding(text, `${text} refuses`, flows))
  return [finding('capture', `${count(refusing.length, 'service')} refuse`, refusing.flatMap(({ flows }) => flows))]
}

const isRefused = ({ client, server }: Flow): boolean =>
  client.syns > 0 && server.rsts > 0 && server.rstHasAck && server.synAcks === 0 && client.acks === 0

function finding(subject: string, who: string, flows: readonly Flow[]): Finding {
  return {
    code: 'refused', subject, severity: 'info', confidence: 0.99,
    sentence: `${who} ${count(flows.length, 'connection')}: nothing listens there, or a firewall rejects.`,
    numbers: { connections: flows.length },
    proof: ['SYNs are answered by RST with ACK'],
    frames: framesOf(...flows.slice(0, 6).flatMap(({ client, server }) => [client.synFrame, server.rstFrame])),
    table: ['nothing: the RST that answers a SYN removes its entry'],
    invalidDrop: 'would change nothing: the RST is ESTABLISHED',
    remedy: ['start the service, or look for a REJECT rule'],
    noRemedy: ['any conntrack setting: the connection ends before it begins'],
  }
}
