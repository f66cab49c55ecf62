// A control channel was seen and no helper read it: the connections it agreed on are NEW where rules wait for RELATED.

import type { Context } from './context.ts'
import type { Flow } from './flow.ts'
import { count, type Finding, framesOf } from './finding.ts'

export function helperOff({ evidence }: Context): Finding[] {
  return [...evidence.promised.byHelper.values()].map(({ helper, protocol, port, connections, frames }) => {
    const opened = new Set(frames)
    const isOpened = ({ client, server }: Flow): boolean => opened.has(client.firstFrame) || opened.has(server.firstFrame)
    const flows = evidence.flows.all.filter(isOpened)
    const unanswered = flows.filter(({ client, server }) => client.packets === 0 || server.packets === 0).length
    const isBroken = unanswered > 0
    const [are, them, each] = connections === 1 ? ['is', 'it', 'it'] : ['are', 'them', 'each of them']
    return {
      code: 'helper-off', subject: `${helper} on port ${String(port)}/${protocol}`,
      severity: isBroken ? 'warning' : 'info', confidence: isBroken ? 0.8 : 0.95,
      sentence: `${count(connections, 'connection')} that ${helper.toUpperCase()} control channels agreed on ${are} NEW, not RELATED, ` +
        `because no helper is attached: the usual rules (accept ESTABLISHED,RELATED; drop the rest) drop ${them}` +
        `${isBroken ? `, and ${String(unanswered)} got no answer here` : ''}.`,
      numbers: { connections, unanswered },
      proof: [
        `the ${helper} helper of the kernel, reading the same control channels, would have expected ${each}`,
        ...(isBroken ? [`${count(unanswered, 'connection')} of ${String(connections)}: nothing came back`] : []),
      ],
      frames: framesOf(...frames),
      table: [`${count(connections, 'entry')} without a master`],
      invalidDrop: 'would change nothing: they are NEW',
      remedy: [
        `attach the helper: iptables -t raw -A PREROUTING -p ${protocol} --dport ${String(port)} -j CT --helper ${helper}`,
        `or with nftables: add ct helper inet t h { type "${helper}" protocol ${protocol}; }, ` +
          `then ${protocol} dport ${String(port)} ct helper set "h"`,
        'and accept ct state related',
      ],
      noRemedy: [
        'loading the module alone: since Linux 4.7 no helper attaches by itself',
        'sysctl nf_conntrack_helper=1: gone since Linux 6.0',
        ...(helper === 'ftp' || helper === 'sip' ? ['the helper cannot read a control channel that is encrypted (TLS)'] : []),
      ],
    }
  })
}
