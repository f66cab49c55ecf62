// A director of LVS in direct routing: clients' packets come in and go on; the answers take another way.

import type { Context } from './context.ts'
import type { Service } from './service.ts'
import { addressesByStation } from './director.ts'
import { directorStory, halfFrames, unseenBytes, unseenEchoes, unseenProof } from './director-story.ts'
import { count, type Finding, verb } from './finding.ts'
import { macText } from './stations.ts'

export function lvsDrDirector(context: Context): Finding[] {
  const { vantage } = context
  if (vantage.name !== 'lvs-director' || vantage.forwarding !== 'direct') return []
  return vantage.services.map((service) => finding(context, service))
}

function finding(context: Context, service: Service): Finding {
  const { half, flows, answeredUnseen, passedOn } = service
  const unseen = unseenBytes(service)
  const macs = [...new Set(passedOn.map((flow) => flow.copyTo))].filter((mac) => mac !== 0)
  const names = addressesByStation(context.evidence.arp, new Set([service.address]))
  const isSeenTwice = passedOn.length > 0
  const hasOthers = context.tcp.some((flow) => flow.isTwoSided)
  const announced = context.evidence.vrrp.announced.get(service.address)
  const proof = [unseenProof(service)]
  if (macs.length > 0) proof.push('packets leave again unchanged, to '
    + macs.map((mac) => `${names.get(mac) ?? 'station'} (${macText(mac)})`).join(', '))
  else if (isSeenTwice) proof.push('packets leave again unchanged; a capture of "any" does not say to which station: capture on the '
    + 'interface to tell the real servers')
  else if (hasOthers) proof.push('other connections of this capture are there in both directions')
  if (announced !== undefined) proof.push(`${service.address} is announced by VRRP here (frame ${String(announced)})`)
  // A handshake alone proves a server, but not that it goes on to serve.
  const isServed = unseen > 0 || unseenEchoes(service) > 0
  const isSure = macs.length !== 1 || macs.some((mac) => names.has(mac)) || announced !== undefined
  const confidence = isSeenTwice ? (!isServed ? 0.8 : isSure ? 0.97 : 0.85) : (hasOthers || announced !== undefined) && isServed ? 0.8 : 0.6
  return {
    code: isSeenTwice ? 'lvs-dr-director' : 'lvs-dr-director-incoming',
    subject: service.text,
    severity: 'warning',
    confidence,
    sentence: `${String(half.length)} of ${count(flows.length, 'connection')} to ${service.text} ${verb(half.length, 'is', 'are')} half `
      + 'open here, because the real servers answer the clients directly (LVS-DR): '
      + `this is the director${isSeenTwice ? '' : ', incoming packets only'}.`,
    numbers: { connections: flows.length, half: half.length, answeredUnseen: answeredUnseen.length, unseenBytes: unseen,
      unseenEchoes: unseenEchoes(service), passedOn: passedOn.length, realServers: macs.length },
    proof,
    frames: halfFrames(service),
    ...directorStory(context, service, 'direct'),
  }
}
