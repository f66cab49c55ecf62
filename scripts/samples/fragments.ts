// Datagrams in pieces: in order, backwards, with one missing.

import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { fragments, ip, text, udp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const SERVER = '198.51.100.49'
const CLIENT6 = '2001:db8::10'
const SERVER6 = '2001:db8:80::49'
const PIECE = 1480 // bytes

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })
const large = (from: string, to: string, sport: number, dport = 2049): Uint8Array =>
  ip(from, to, udp({ sport, dport, payload: text('abcdefg\n'.repeat(500)) }), { dontFragment: false })

export function makeSamples(): Record<string, Uint8Array> {
  const time = new Timeline()
  time.add(...fragments(large(CLIENT, SERVER, 50_030), PIECE, 1).map(out)).wait(20)
  time.add(...fragments(large(SERVER, CLIENT, 2049, 50_030), PIECE, 2).map(back)).wait(100)
  time.add(...fragments(large(CLIENT6, SERVER6, 50_031), 1448, 3).reverse().map(out)).wait(100)
  const [first, , third] = fragments(large(CLIENT, SERVER, 50_032), PIECE, 4)
  time.add(out(first!), out(third!)) // the second is lost
  time.wait(31_000).add(out(ip(CLIENT, SERVER, udp({ sport: 50_033, dport: 2049, payload: text('a second try') }))))
  return { 'fragments.pcap': encodePcap(time.frames, { micro: true }) }
}
