// Ping over both versions, and errors about other flows.

import { concat } from '../../test/support/ip-packets.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { address, icmp, icmpv6, ip, ping, pong, text, udp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const SERVER = '198.51.100.80'
const ROUTER = '192.0.2.1'
const CLIENT6 = '2001:db8::10'
const SERVER6 = '2001:db8:80::80'
const ROUTER6 = '2001:db8::1'

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

export function makeSamples(): Record<string, Uint8Array> {
  return {
    'ping.pcap': encodePcap(pings().frames, { micro: true }),
    'icmp-errors.pcap': encodePcap(errors().frames, { micro: true }),
  }
}

function pings(): Timeline {
  const time = new Timeline()
  // IPv6 first asks for the neighbour: never tracked
  time.add(out(ip(CLIENT6, 'ff02::1:ff00:1', icmpv6(135, 0, 0, concat(address(ROUTER6), [1, 1, 2, 0, 0, 0, 0, 1])), { ttl: 255 }))).wait(1)
  time.add(back(ip(ROUTER6, CLIENT6, icmpv6(136, 0, 0x6000_0000, concat(address(ROUTER6), [2, 1, 2, 0, 0, 0, 0, 2])), { ttl: 255 })))
  for (let seq = 1; seq <= 3; seq++) {
    time.wait(1000).add(out(ping(CLIENT, SERVER, 7, seq)), out(ping(CLIENT6, SERVER6, 8, seq)))
    time.wait(20).add(back(pong(SERVER, CLIENT, 7, seq)), back(pong(SERVER6, CLIENT6, 8, seq)))
  }
  time.wait(1000).add(out(ping(CLIENT, '198.51.100.99', 9, 1))) // nobody there
  return time.wait(500).add(back(pong(SERVER, CLIENT, 77, 1))) // nobody asked
}

function errors(): Timeline {
  const time = new Timeline()
  const quote = (packet: Uint8Array): Uint8Array => packet.subarray(0, 28) // header and eight bytes, as most routers do
  const probe = ip(CLIENT, SERVER, udp({ sport: 50_020, dport: 33_434, payload: text('traceroute') }), { ttl: 1 })
  const refused = ip(CLIENT, SERVER, udp({ sport: 50_021, dport: 9999, payload: text('anyone?') }))
  const unknown = ip(CLIENT, SERVER, udp({ sport: 50_022, dport: 9999, payload: text('never seen') }))
  time.add(out(probe)).wait(1).add(back(ip(ROUTER, CLIENT, icmp(11, 0, 0, quote(probe))))) // time exceeded
  time.wait(100).add(out(refused)).wait(20).add(back(ip(SERVER, CLIENT, icmp(3, 3, 0, quote(refused))))) // port unreachable
  time.wait(100).add(back(ip(ROUTER, CLIENT, icmp(3, 1, 0, quote(unknown))))) // about a flow that is not there
  const talk = new TcpTalk({ client: CLIENT, server: SERVER, sport: 40_020 })
  time.wait(100).add(out(talk.fromClient('S'))).wait(20).add(back(talk.fromServer('SA'))).wait(0.1).add(out(talk.fromClient('A')))
  const big = talk.fromClient('PA', text('x'.repeat(1460)))
  time.wait(10).add(out(big)).wait(5).add(back(ip(ROUTER, CLIENT, icmp(3, 4, 1400, quote(big))))) // fragmentation needed
  const talk6 = new TcpTalk({ client: CLIENT6, server: SERVER6, sport: 40_021 })
  time.wait(100).add(out(talk6.fromClient('S'))).wait(20).add(back(talk6.fromServer('SA'))).wait(0.1).add(out(talk6.fromClient('A')))
  const big6 = talk6.fromClient('PA', text('x'.repeat(1440)))
  return time.wait(10).add(out(big6)).wait(5).add(back(ip(ROUTER6, CLIENT6, icmpv6(2, 0, 1400, big6.subarray(0, 1192))))) // packet too big
}
