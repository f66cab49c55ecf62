// Backscatter: one host answers questions that nobody here asked; its attackers forged these addresses.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'

const MANY = 20

export function backscatter({ tcp }: Context): Finding[] {
  const byServer = new Map<string, Flow[]>()
  for (const flow of tcp) {
    const { server, client } = flow
    if (client.packets > 0 || server.acks > 0 || server.synAcks + server.rsts !== server.packets) continue
    const flows = byServer.get(flow.serverAddress)
    if (flows === undefined) byServer.set(flow.serverAddress, [flow])
    else flows.push(flow)
  }
  return [...byServer].flatMap(([address, flows]) => {
    const victims = new Set(flows.map((flow) => flow.clientAddress)).size
    if (victims < MANY) return []
    return [{
      code: 'backscatter', subject: address, severity: 'info', confidence: 0.85,
      sentence: `${address} sends SYN/ACK or RST to ${count(victims, 'address')} that never asked: it `
        + 'is being flooded with forged sources.',
      numbers: { packets: flows.reduce((sum, { server }) => sum + server.packets, 0), destinations: victims },
      proof: ['answers only, and no question to any of them'],
      frames: framesOf(...flows.slice(0, 6).map(({ server }) => server.firstFrame)),
      table: ['nothing: a SYN/ACK or RST without an entry is INVALID'],
      invalidDrop: 'would discard these packets, rightly',
      remedy: ['none needed here; drop INVALID before anything costly'],
      noRemedy: ['blocking its address: it is the victim, and what comes costs no entry'],
    }]
  })
}
