// The same packets behind every link type that is read, VLANs within VLANs, and two interfaces in one file.

import { dnsAnswer, dnsQuery } from '../lib/dns.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC, vlan } from '../lib/frames.ts'
import { LINKS } from '../lib/links.ts'
import { ip, ping, pong, text, udp } from '../lib/packets.ts'
import { encodePcap, encodePcapng } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const LINKTYPE_IPV4 = 228
const LINKTYPE_IPV6 = 229
const LINKTYPE_RAW = 101

export function makeSamples(): Record<string, Uint8Array> {
  const interfaces = [{ name: 'eth0' }, { name: 'tun0', linkType: LINKTYPE_RAW, resolution: 0x80 | 32 }]
  return {
    ...linkTypes(),
    'vlan-qinq.pcap': encodePcap(qinq().frames, { micro: true }),
    'two-interfaces.pcapng': encodePcapng(twoInterfaces().frames, interfaces),
  }
}

function linkTypes(): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {}
  for (const { name, linkType, wrap } of LINKS) {
    const time = new Timeline()
    const add = (packet: Uint8Array, back = false): Timeline => time.add(wrap(packet, back)).wait(10)
    if (linkType !== LINKTYPE_IPV6) {
      const question = dnsQuery(1, 'www.example.com')
      const answer = dnsAnswer(1, 'www.example.com', '198.51.100.80')
      add(ip('192.0.2.10', '192.0.2.53', udp({ sport: 50_001, payload: question })))
      add(ip('192.0.2.53', '192.0.2.10', udp({ sport: 53, dport: 50_001, payload: answer })), true)
    }
    if (linkType !== LINKTYPE_IPV4) {
      add(ping('2001:db8::10', '2001:db8:80::80', 7, 1))
      add(pong('2001:db8:80::80', '2001:db8::10', 7, 1), true)
    }
    files[`link-types/${name}.pcap`] = encodePcap(time.frames, { linkType, micro: true })
  }
  return files
}

function qinq(): Timeline {
  const time = new Timeline()
  for (const [customer, port] of [[101, 40_010], [102, 40_011]] as const) {
    const talk = new TcpTalk({ client: `192.0.2.${String(customer)}`, sport: port })
    const tagged = (packet: Uint8Array) => vlan(200, vlan(customer, ipPayload(packet)), 0x88a8, 3)
    const out = (packet: Uint8Array): Uint8Array => ethernet(tagged(packet))
    const back = (packet: Uint8Array): Uint8Array => ethernet(tagged(packet), { from: SERVER_MAC, to: CLIENT_MAC })
    time.add(out(talk.fromClient('S'))).wait(20).add(back(talk.fromServer('SA'))).wait(0.1).add(out(talk.fromClient('A')))
    time.wait(5).add(out(talk.fromClient('PA', text('hello from a customer')))).wait(20).add(back(talk.fromServer('A'))).wait(500)
  }
  return time
}

/** A laptop's Ethernet and its tunnel: different flows, and the tunnel's times are in units of 2^-32 s. */
function twoInterfaces(): Timeline {
  const time = new Timeline().wait(0.123_456)
  const web = new TcpTalk({ sport: 40_012, dport: 443 })
  const ssh = new TcpTalk({ client: '10.8.0.2', server: '10.8.0.1', sport: 40_013, dport: 22 })
  const eth0 = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
  const eth0Back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })
  time.addTo(0, eth0(web.fromClient('S'))).addTo(1, ssh.fromClient('S')).wait(10.000_001)
  time.addTo(1, ssh.fromServer('SA')).wait(0.000_777).addTo(1, ssh.fromClient('A')).wait(10.5)
  time.addTo(0, eth0Back(web.fromServer('SA'))).wait(0.05).addTo(0, eth0(web.fromClient('A')))
  time.wait(1).addTo(0, eth0(web.fromClient('PA', text('a TLS hello')))).wait(15.000_001).addTo(0, eth0Back(web.fromServer('A')))
  return time
}
