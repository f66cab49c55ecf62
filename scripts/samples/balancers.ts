// Load balancers seen from other places than a director of LVS-DR: a translating director, real servers, the client, a bridge; and
// an address that two stations answer for.

import { concat, sixteen } from '../../test/support/ip-packets.ts'
import { ethernet, ipPayload, mac } from '../lib/frames.ts'
import { address, ip, other, text } from '../lib/packets.ts'
import { encodePcap, encodePcapng } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const GATEWAY = '02:00:00:00:00:fe'
const DIRECTOR = '02:00:00:00:00:d1'
const REAL = '02:00:00:00:00:a1'
const OTHER_REAL = '02:00:00:00:00:a2'
const VIP = '198.51.100.1'
const DIP = '198.51.100.2'
const RIP = '198.51.100.11'
const REQUEST = text('GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n')
const RESPONSE = text('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
const BROADCAST = 'ff:ff:ff:ff:ff:ff'

const frame = (packet: Uint8Array, from: string, to: string): Uint8Array => ethernet(ipPayload(packet), { from, to })
const client = (i: number): string => `203.0.113.${String(7 + i)}`

/** ARP over Ethernet: one asks, or says what it has. */
function arp(kind: 'asks' | 'has', from: string, sender: string, target: string, to = BROADCAST): Uint8Array {
  const body = concat([0, 1, 8, 0, 6, 4], sixteen(kind === 'asks' ? 1 : 2), mac(from), address(sender),
    kind === 'asks' ? [0, 0, 0, 0, 0, 0] : mac(to), address(target))
  return ethernet({ type: 0x0806, bytes: body }, { from, to })
}

/** One who puts packets on the wire: `from` is who sent it, and each comes with its time to live as it was sent. */
type See = (from: 'client' | 'server', packet: Uint8Array) => void

/** Hops left in the packets of each side. */
interface Hops {
  readonly client: number
  readonly server: number
}

/** A request, its answer, the end. */
function request(time: Timeline, talk: TcpTalk, see: See, ttls: Hops, id = 1): void {
  const say = (flags: string, payload?: Uint8Array): void => {
    see('client', talk.fromClient(flags, payload, { ttl: ttls.client, id: id++ }))
  }
  const answer = (flags: string, payload?: Uint8Array): void => {
    see('server', talk.fromServer(flags, payload, { ttl: ttls.server, id: id++ }))
  }
  say('S')
  answer('SA')
  time.wait(20)
  say('A')
  say('PA', REQUEST)
  time.wait(3)
  answer('A')
  answer('PA', RESPONSE)
  time.wait(20)
  say('A')
  say('FA')
  answer('FA')
  time.wait(20)
  say('A')
}

function requests(number: number, see: (time: Timeline) => See, ttls: Hops): Timeline {
  const time = new Timeline()
  for (let i = 0; i < number; i++) {
    const talk = new TcpTalk({ client: client(i), server: VIP, sport: 40_200 + i, clientStart: 2_000_000 + i * 55_555 })
    request(time, talk, see(time), ttls, 1 + 100 * i)
    time.wait(50)
  }
  return time
}

/** The director's own talk with the real server's, with another address of the server, or of both; one hop further. */
function translated(both: boolean): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 3; i++) {
    const fields = { client: client(i), server: VIP, sport: 40_300 + i, clientStart: 4_000_000 + i * 66_666 }
    const outside = new TcpTalk(fields)
    const inside = new TcpTalk({ ...fields, server: RIP, ...(both ? { client: DIP, sport: 20_000 + i } : {}) })
    const say = (flags: string, payload?: Uint8Array): void => {
      time.add(frame(outside.fromClient(flags, payload, { ttl: 63 }), GATEWAY, DIRECTOR),
        frame(inside.fromClient(flags, payload, { ttl: 62 }), DIRECTOR, REAL)).wait(1)
    }
    const answer = (flags: string, payload?: Uint8Array): void => {
      time.add(frame(inside.fromServer(flags, payload, { ttl: 64 }), REAL, DIRECTOR),
        frame(outside.fromServer(flags, payload, { ttl: 63 }), DIRECTOR, GATEWAY)).wait(20)
    }
    say('S')
    answer('SA')
    say('A')
    say('PA', REQUEST)
    answer('PA', RESPONSE)
    say('FA')
    answer('FA')
    say('A')
  }
  return time
}

const realServer = (): Timeline => requests(3, (time) => (from, packet) => {
  time.add(from === 'client' ? frame(packet, DIRECTOR, REAL) : frame(packet, REAL, GATEWAY))
}, { client: 62, server: 64 })

const tunnelled = (): Timeline => requests(3, (time) => (from, packet) => {
  time.add(from === 'client' ? frame(ip(DIP, RIP, other(4, packet)), DIRECTOR, REAL) : frame(packet, REAL, GATEWAY))
}, { client: 62, server: 64 })

/** The client's own wire, beside the director and the real server. */
const directReturn = (): Timeline => requests(2, (time) => (from, packet) => {
  time.add(from === 'client' ? frame(packet, GATEWAY, DIRECTOR) : frame(packet, REAL, GATEWAY))
}, { client: 64, server: 64 })

/** rp_filter on the real server throws away what comes out of the tunnel. */
function silent(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 2; i++) {
    const talk = new TcpTalk({ client: client(i), server: VIP, sport: 40_400 + i })
    const syn = talk.fromClient('S', undefined, { ttl: 62, id: 70 + i })
    for (const wait of [1000, 2000, 4000, 0]) {
      time.add(frame(ip(DIP, RIP, other(4, syn)), DIRECTOR, REAL)).wait(wait)
    }
  }
  return time
}

/** A real server answers ARP for the virtual address, as does the director. */
function arpConflict(): Timeline {
  const time = new Timeline()
  time.add(arp('asks', GATEWAY, '198.51.100.254', VIP)).wait(1)
  time.add(arp('has', DIRECTOR, VIP, '198.51.100.254', GATEWAY), arp('has', REAL, VIP, '198.51.100.254', GATEWAY)).wait(5)
  const talk = new TcpTalk({ client: client(0), server: VIP, sport: 40_500 })
  request(time, talk, (from, packet) => { time.add(from === 'client' ? frame(packet, GATEWAY, REAL) : frame(packet, REAL, GATEWAY)) },
    { client: 63, server: 64 })
  return time
}

/** VRRP moves the address: one station answers for it, and ten minutes later another does. */
function failover(): Timeline {
  const time = new Timeline()
  for (const [i, station] of [DIRECTOR, OTHER_REAL].entries()) {
    time.add(arp('asks', GATEWAY, '198.51.100.254', VIP)).wait(1).add(arp('has', station, VIP, '198.51.100.254', GATEWAY)).wait(5)
    const see: See = (from, packet) => { time.add(from === 'client' ? frame(packet, GATEWAY, station) : frame(packet, station, GATEWAY)) }
    request(time, new TcpTalk({ client: client(i), server: VIP, sport: 40_510 + i }), see, { client: 63, server: 64 })
    time.wait(600_000)
  }
  return time
}

/** Both ports of a bridge in one capture. */
function bridge(): Timeline {
  return requests(2, (time) => (from, packet) => {
    const bytes = from === 'client' ? frame(packet, GATEWAY, OTHER_REAL) : frame(packet, OTHER_REAL, GATEWAY)
    time.addTo(0, bytes).addTo(1, bytes)
  }, { client: 63, server: 64 })
}

export function makeSamples(): Record<string, Uint8Array> {
  const made = Object.fromEntries(Object.entries({
    'lvs-nat-director': () => translated(false), 'full-nat-director': () => translated(true), 'lvs-dr-real-server': realServer,
    'lvs-tun-real-server': tunnelled, 'direct-return-client': directReturn, 'real-server-silent': silent,
    'arp-conflict': arpConflict, failover,
  }).map(([name, make]) => [`${name}.pcap`, encodePcap(make().frames, { micro: true })]))
  return { ...made, 'bridge.pcapng': encodePcapng(bridge().frames, [{ name: 'port1' }, { name: 'port2' }]) }
}
