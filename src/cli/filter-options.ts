// The filters of conntrack(8), on every command that prints entries.

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

export function addFilterOptions(command: Command): Command {
  return command
    .optionsGroup('Filters, as of conntrack(8):')
    .option('-f, --family <family>', 'ipv4 or ipv6')
    .option('-p, --proto <protocol>', 'tcp, udp, icmp, … or a number')
    .option('-s, --src <network>', 'source of the original direction: an address or a network')
    .option('-d, --dst <network>', 'destination of the original direction')
    .option('-r, --reply-src <network>', 'source of the reply direction')
    .option('--reply-dst <network>', 'destination of the reply direction')
    .option('--sport <port>', 'source port of the original direction')
    .option('--dport <port>', 'destination port of the original direction')
    .option('--state <state>', 'ESTABLISHED, TIME_WAIT, …')
    .option('-u, --status <status>', 'ASSURED, SEEN_REPLY or UNREPLIED; several with commas must all hold')
}

/** What the filters say, for `rowFilter`. */
export function filterTexts(options: FilterOptions): FilterTexts {
  const { family, proto, src, dst, replySrc, replyDst, sport, dport, state, status } = options
  return {
    family, protocol: proto, source: src, destination: dst, replySource: replySrc, replyDestination: replyDst,
    sourcePort: sport, destinationPort: dport, state, status,
  }
}
