// A capture of one direction only: nearly no flow has both, in whichever role its hosts are.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

const MOST = 0.95
const FEW = 3

export function oneDirection({ tcp, evidence }: Context): Finding[] {
  const clients = tcp.filter((flow) => flow.isClientOnly)
  const servers = tcp.filter((flow) => flow.isServerOnly)
  const answered = [...clients.filter((flow) => flow.isAnsweredUnseen), ...servers.filter((flow) => flow.server.acks > 0)]
  if (evidence.copies > 0 || servers.length === 0 || clients.length === 0 || tcp.length < FEW) return []
  if ((clients.length + servers.length) / tcp.length < MOST || answered.length / tcp.length < 0.5) return []
  return [{
    code: 'one-direction-capture', subject: 'capture', severity: 'warning', confidence: 0.9,
    sentence: `This capture holds one direction only: ${String(clients.length + servers.length)} of `
      + `${count(tcp.length, 'TCP connection')} are one-sided, with clients and with servers missing.`,
    numbers: { connections: tcp.length, clientOnly: clients.length, serverOnly: servers.length, answeredUnseen: answered.length },
    proof: ['hosts go on after packets that the other side must have answered'],
    frames: framesOf(...clients.slice(0, 3).map((flow) => flow.client.firstFrame), ...servers.slice(0,
      3).map((flow) => flow.server.firstFrame)),
    table: ['of a client\'s packets: SYN_SENT [UNREPLIED]; of a server\'s: its SYN/ACK is INVALID, what follows is taken up the wrong '
      + 'way round. A machine with both directions holds other entries'],
    invalidDrop: 'cannot be told from this capture',
    remedy: ['mirror both directions of the port, or capture on the host itself'],
    noRemedy: ['any sysctl: what is not captured cannot be tracked'],
  }]
}
