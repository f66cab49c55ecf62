// A table that fills: clients as on any day, then a scan that nobody answers.

import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { ip, tcp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENTS = 30
const SCANNED = 150

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

export function makeSamples(): Record<string, Uint8Array> {
  return { 'filling-table.pcap': encodePcap(fillingTable().frames, { micro: true }) }
}

function fillingTable(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < CLIENTS; i++) {
    const talk = new TcpTalk({ sport: 41_000 + i })
    time.add(out(talk.fromClient('S'))).wait(20).add(back(talk.fromServer('SA'))).wait(1).add(out(talk.fromClient('A')))
    time.wait(500).add(out(talk.fromClient('FA'))).wait(20).add(back(talk.fromServer('FA'))).wait(1).add(out(talk.fromClient('A')))
    time.wait(3500)
  }
  for (let i = 0; i < SCANNED; i++) {
    time.wait(100).add(out(ip('203.0.113.66', `198.51.100.${String(1 + i)}`, tcp({ sport: 50_000, dport: 22, flags: 'S' }))))
  }
  return time
}
