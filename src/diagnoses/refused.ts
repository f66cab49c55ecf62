// Connections refused: a SYN is answered by a RST, or by ICMP.

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

const LISTENS = 'nothing listens there, or a firewall rejects'

/** What the code of an ICMP error says: RFC 792 and 1812, RFC 4443. */
function whyOf({ isIpv4, unreachableCode }: Flow): string {
  if (unreachableCode === (isIpv4 ? 3 : 4)) return `${LISTENS}, or a director of IPVS has no real server left`
  const isForbidden = isIpv4 ? [9, 10, 13].includes(unreachableCode) : [1, 5].includes(unreachableCode)
  return isForbidden ? 'a firewall forbids it' : 'a router knows no way there, or the host is gone'
}

const isRefused = ({ client, server, unreachable }: Flow): boolean => client.syns > 0 && server.synAcks === 0 && client.acks === 0
  && ((server.rsts > 0 && server.rstHasAck) || (server.packets === 0 && unreachable > 0))

function finding(subject: string, who: string, flows: readonly Flow[]): Finding {
  const byReset = flows.filter(({ server }) => server.rsts > 0).length
  const byIcmp = flows.length - byReset
  const unreachable = flows.filter((flow) => flow.unreachable > 0)
  const codes = [...new Set(unreachable.map((flow) => flow.unreachableCode))]
  const whys = [...new Set([...(byReset > 0 ? [LISTENS] : []), ...unreachable.map(whyOf)])]
  return {
    code: 'refused', subject, severity: 'info', confidence: 0.99,
    sentence: `${who} ${count(flows.length, 'connection')}: ${whys.join('; ')}.`,
    numbers: { connections: flows.length, byReset, byIcmp },
    proof: [...(byReset > 0 ? [`${count(byReset, 'SYN')} answered by RST with ACK`] : []),
      ...(byIcmp > 0 ? [`${count(byIcmp, 'SYN')} answered by ICMP: unreachable, code ${codes.join(', ')}`] : [])],
    frames: framesOf(...flows.slice(0, 6).flatMap(({ client, server, unreachableFrame }) => [client.synFrame, server.rstFrame,
      unreachableFrame])),
    table: [...(byReset > 0 ? ['nothing: the RST that answers a SYN removes its entry'] : []),
      ...(byIcmp > 0 ? ['SYN_SENT [UNREPLIED]: an ICMP error is RELATED to its entry and changes nothing about it'] : [])],
    invalidDrop: `would change nothing: ${byReset > 0 ? 'the RST is ESTABLISHED' : 'the ICMP error is RELATED'}`,
    remedy: ['start the service, or look for a REJECT rule',
      ...(byIcmp > 0 ? ['on a director: ipvsadm -Ln tells which real servers have weight'] : [])],
    noRemedy: ['any conntrack setting: the connection ends before it begins'],
  }
}
