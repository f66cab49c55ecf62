// A director of LVS with tunnels: clients' packets come in plain and leave inside another packet.

import type { Context } from './context.ts'
import { directorStory, halfFrames, unseenEchoes, unseenProof } from './director-story.ts'
import { count, type Finding, verb } from './finding.ts'

export function lvsTunDirector(context: Context): Finding[] {
  const { vantage } = context
  if (vantage.name !== 'lvs-director' || vantage.forwarding !== 'tunnel') return []
  return vantage.services.map((service) => {
    const { half, flows, tunnelled } = service
    const ends = [...new Set(tunnelled.map((flow) => `${flow.outerFrom} → ${flow.outerTo}`))]
    const story = directorStory(context, service, 'tunnel')
    return {
      code: 'lvs-tun-director', subject: service.text, severity: 'warning', confidence: 0.98,
      sentence: `${String(half.length)} of ${count(flows.length, 'connection')} to ${service.text} ${verb(half.length, 'is', 'are')} half `
        + 'open here: this is a director that sends packets to real servers through tunnels (LVS-TUN), '
        + 'and they answer the clients directly.',
      numbers: { connections: flows.length, half: half.length, tunnels: ends.length, unseenEchoes: unseenEchoes(service) },
      proof: [unseenProof(service), `${count(tunnelled.length, 'connection')} leave again inside tunnels: ${ends.slice(0, 8).join(', ')}`],
      frames: halfFrames(service), ...story,
      table: [...story.table, `either way an entry of each tunnel, unknown 4, 600 s: ${ends.slice(0, 8).join(', ')}`],
    }
  })
}
