// Two minutes at the inner side of a firewall, for looking back: what was in the table when, and what a firewall's own table says.

import { dnsAnswer, dnsQuery } from '../lib/dns.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { ip, ping, pong, text, udp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const RESOLVER = '192.0.2.53'
const FIREWALL = '203.0.113.1' // what the clients are masqueraded as

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

export function makeSamples(): Record<string, Uint8Array> {
  return { 'two-minutes.pcap': encodePcap(twoMinutes().frames, { micro: true }), 'two-minutes.txt': text(table()) }
}

function twoMinutes(): Timeline {
  const time = new Timeline()
  ask(time, 50_001, 1)
  const web = new TcpTalk({ sport: 40_000 })
  open(time.wait(10), web) // 0.04 s
  time.wait(1).add(out(web.fromClient('PA', text('GET / HTTP/1.1\r\n\r\n'))))
  time.wait(30).add(back(web.fromServer('PA', text('x'.repeat(900)))))
  time.wait(1).add(out(web.fromClient('FA'))).wait(20).add(back(web.fromServer('FA'))).wait(1).add(out(web.fromClient('A')))
  const download = new TcpTalk({ sport: 40_001, server: '198.51.100.81', dport: 443 })
  open(time.wait(900), download) // 1 s
  more(time, download)
  more(time.wait(20_000), download) // 21 s
  time.wait(9000).add(out(ping(CLIENT, '198.51.100.80', 7, 1))).wait(20).add(back(pong('198.51.100.80', CLIENT, 7, 1))) // 30 s
  const refused = new TcpTalk({ sport: 40_002, server: '198.51.100.99', dport: 25 })
  const syn = out(refused.fromClient('S'))
  time.wait(2000).add(syn).wait(1000).add(syn).wait(2000).add(syn) // 32 s: nobody answers
  const shell = new TcpTalk({ sport: 40_003, server: '198.51.100.22', dport: 22 })
  open(time.wait(5000), shell) // 40 s
  time.wait(20).add(back(shell.fromServer('PA', text('SSH-2.0-OpenSSH_9.9\r\n')))).wait(1).add(out(shell.fromClient('A')))
  for (let i = 0; i < 3; i++) ask(time.wait(i === 0 ? 30_000 : 2000), 50_002, 2 + i) // 70 s: one port, so a stream
  more(time.wait(6000), download) // 80 s
  time.wait(20_000).add(out(shell.fromClient('R'))) // 100 s: the shell's window was closed
  const again = new TcpTalk({ sport: 40_000, clientStart: 9_000_000, serverStart: 7_000_000 })
  open(time.wait(5000), again) // 105 s: the port of the first connection, which is in TIME_WAIT still
  return more(time.wait(15_000), download) // 120 s
}

function open(time: Timeline, talk: TcpTalk): void {
  time.add(out(talk.fromClient('S'))).wait(20).add(back(talk.fromServer('SA'))).wait(0.1).add(out(talk.fromClient('A')))
}

/** Two full segments of a download, and their acknowledgement. */
function more(time: Timeline, talk: TcpTalk): Timeline {
  time.wait(10).add(back(talk.fromServer('A', text('x'.repeat(1440)))), back(talk.fromServer('PA', text('x'.repeat(1440)))))
  return time.wait(0.2).add(out(talk.fromClient('A')))
}

function ask(time: Timeline, sport: number, id: number): void {
  time.add(out(ip(CLIENT, RESOLVER, udp({ sport, payload: dnsQuery(id, 'example.org') }))))
  time.wait(20).add(back(ip(RESOLVER, CLIENT, udp({ sport: 53, dport: sport, payload: dnsAnswer(id, 'example.org', '198.51.100.80') }))))
}

/**
 * What the firewall's /proc/net/nf_conntrack might have said 90 s after the beginning. It masquerades its clients; it drops mail; it has
 * heard a keep-alive of the shell that the capture has not; and it has an entry from another interface.
 */
function table(): string {
  const line = (proto: string, state: string, there: string, answers: string, end: string): string =>
    `ipv4     2 ${proto} ${state} ${there} ${answers} ${end}mark=0 zone=0 use=2`
  const masked = (server: string, sport: number, dport: number): [string, string] => [
    `src=${CLIENT} dst=${server} sport=${String(sport)} dport=${String(dport)}`,
    `src=${server} dst=${FIREWALL} sport=${String(dport)} dport=${String(sport)}`,
  ]
  return `${[
    line('tcp      6', '30 TIME_WAIT', ...masked('198.51.100.80', 40_000, 80), '[ASSURED] '),
    line('tcp      6', '431990 ESTABLISHED', ...masked('198.51.100.81', 40_001, 443), '[ASSURED] '),
    line('tcp      6', '431985 ESTABLISHED', ...masked('198.51.100.22', 40_003, 22), '[ASSURED] '),
    line('udp      17', '104', ...masked(RESOLVER, 50_002, 53), '[ASSURED] ').replaceAll(FIREWALL, CLIENT), // the resolver is inside
    line('udp      17', '117', 'src=192.0.2.20 dst=198.51.100.7 sport=1194 dport=1194',
      `src=198.51.100.7 dst=${FIREWALL} sport=1194 dport=1194`, '[ASSURED] '),
  ].join('\n')}\n`
}
