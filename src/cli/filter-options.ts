// The filters of conntrack(8), on every command that prints entries or packets.

import type { Command } from 'commander'
import type { FilterTexts } from '../index.ts'

export interface FilterOptions {
  family?: string
  proto?: string
  src?: string
  dst?: string
  replySrc?: string
  replyDst?: string
  sport?: string
  dport?: string
  state?: string
  status?: string
}

/** For the help of commands that print packets. */
export const FILTERED_PACKETS = `A filter asks the connection that a packet belongs to, as it stands after the packet; where there is
none, the packet's own addresses and ports, and then it has neither state nor status.`

/** @param letters  conntrack(8)'s letters too; a command that needs them for something else has the words alone */
export function addFilterOptions(command: Command, letters = true): Command {
  const letter = (one: string): string => (letters ? `-${one}, ` : '')
  return command
    .optionsGroup('Filters, as of conntrack(8):')
    .option(`${letter('f')}--family <family>`, 'ipv4 or ipv6')
    .option(`${letter('p')}--proto <protocol>`, 'tcp, udp, icmp, … or a number')
    .option(`${letter('s')}--src <network>`, 'source of the original direction: an address or a network')
    .option(`${letter('d')}--dst <network>`, 'destination of the original direction')
    .option(`${letter('r')}--reply-src <network>`, 'source of the reply direction')
    .option('--reply-dst <network>', 'destination of the reply direction')
    .option('--sport <port>', 'source port of the original direction')
    .option('--dport <port>', 'destination port of the original direction')
    .option('--state <state>', 'ESTABLISHED, TIME_WAIT, …')
    .option(`${letter('u')}--status <status>`, 'ASSURED, SEEN_REPLY or UNREPLIED; several with commas must all hold')
}

/** What the filters say, for `rowFilter`. */
export function filterTexts(options: FilterOptions): FilterTexts {
  const { family, proto, src, dst, replySrc, replyDst, sport, dport, state, status } = options
  return {
    family, protocol: proto, source: src, destination: dst, replySource: replySrc, replyDestination: replyDst,
    sourcePort: sport, destinationPort: dport, state, status,
  }
}
