// Connections refused: a SYN is answered by a RST.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

export function refused({ services }: Context): Finding[] {
  return services.flatMap((service) => {
    const flows = service.flows.filter(({ client, server }) => client.syns > 0 && server.rsts > 0 && server.rstHasAck
      && server.synAcks === 0 && client.acks === 0)
    if (flows.length === 0) return []
    return [{
      code: 'refused', subject: service.text, severity: 'info', confidence: 0.99,
      sentence: `${service.text} refuses ${count(flows.length, 'connection')}: nothing listens there, or a firewall rejects.`,
      numbers: { connections: flows.length },
      proof: ['SYNs are answered by RST with ACK'],
      frames: framesOf(...flows.slice(0, 4).flatMap(({ client, server }) => [client.synFrame, server.rstFrame])),
      table: ['nothing: the RST that answers a SYN removes its entry'],
      invalidDrop: 'would change nothing: the RST is ESTABLISHED',
      remedy: ['start the service, or look for a REJECT rule'], noRemedy: ['timeouts'],
    }]
  })
}
