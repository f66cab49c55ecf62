// The flows that are recorded, with the traffic they are shown: some written by hand for what people write, and some of the
// random ones.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../../lib/frames.ts'
import { icmp, ip, text, udp } from '../../lib/packets.ts'
import { encodePcap } from '../../lib/pcap.ts'
import { TcpTalk } from '../../lib/tcp-talk.ts'
import { Timeline } from '../../lib/timeline.ts'
import { makeTraffic } from '../generate.ts'
import { makeFlows, SWITCH_PORTS } from './generate.ts'

interface Case {
  readonly capture: () => Uint8Array
  readonly flows: string
  /** As answer.py takes them. */
  readonly ports: string
}

/** Flows whose clauses are met from several lists: addresses, ports, and what no list has. */
const CONJUNCTION = `
table=0,priority=100,ip,ct_state=-trk actions=ct(table=1,zone=4)
table=0,priority=100,ipv6,ct_state=-trk actions=ct(table=1,zone=4)
table=1,priority=90,ct_state=+trk+inv actions=drop
table=1,priority=90,ct_state=+trk+est actions=resubmit(,2)
table=1,priority=80,ip,nw_src=10.1.0.1 actions=conjunction(7,1/3)
table=1,priority=80,ip,nw_src=10.1.0.2/255.255.255.254 actions=conjunction(7,1/3)
table=1,priority=80,ip,nw_dst=10.2.0.0/30 actions=conjunction(7,2/3)
table=1,priority=75,ip,nw_src=10.1.0.2/255.255.255.254 actions=conjunction(8,1/2),conjunction(17,1/2)
table=1,priority=75,ip,nw_dst=10.2.0.0/30 actions=conjunction(8,2/2)
table=1,priority=80,tcp,tp_dst=80 actions=conjunction(7,3/3)
table=1,priority=80,tcp,tp_dst=0x1bb/0xffff actions=conjunction(7,3/3)
table=1,priority=80,conj_id=7,ip actions=load:7->NXM_NX_REG3[],resubmit(,2)
table=1,priority=70,udp,tp_dst=53 actions=load:1->NXM_NX_REG3[],resubmit(,2)
table=1,priority=60,tcp,tp_dst=22 actions=conjunction(9,1/2)
table=1,priority=50,conj_id=8,ip actions=load:8->NXM_NX_REG3[],resubmit(,2)
table=1,priority=10,ct_state=+trk+rel actions=resubmit(,2)
table=1,priority=0 actions=drop
table=2,priority=50,ct_state=+new+trk,ip actions=ct(commit,zone=4,exec(move:NXM_NX_REG3[0..7]->NXM_NX_CT_MARK[8..15])),resubmit(,3)
table=2,priority=50,ct_state=+new+trk,ipv6 actions=ct(commit,zone=4),resubmit(,3)
table=2,priority=40 actions=resubmit(,3)
table=3,priority=1,in_port=1 actions=output:2
table=3,priority=1,in_port=2 actions=output:1
`

/** Two zones a packet, as of two security groups; the second commits what the first has let through. */
const TWO_ZONES = `
table=0,priority=10,in_port=1,ip actions=load:11->NXM_NX_REG6[],load:2->NXM_NX_REG7[],ct(table=1,zone=NXM_NX_REG6[0..15])
table=0,priority=10,in_port=2,ip actions=load:12->NXM_NX_REG6[],load:1->NXM_NX_REG7[],ct(table=1,zone=NXM_NX_REG6[0..15])
table=0,priority=1,ipv6 actions=ct(commit,zone=5),FLOOD
table=1,priority=20,ct_state=+inv+trk actions=drop
table=1,priority=15,ct_state=+new-est+trk,tcp,in_port=2 actions=drop
table=1,priority=15,ct_state=-rel+new+trk,ip,ct_nw_dst=10.2.0.4 actions=drop
table=1,priority=10,ct_state=+new+trk,ip actions=ct(commit,zone=NXM_NX_REG6[0..15],exec(set_field:0x2/0x3->ct_mark)),resubmit(,2)
table=1,priority=5 actions=resubmit(,2)
table=2,priority=10,ip,reg7=2 actions=ct(commit,zone=12,exec(load:0xab->NXM_NX_CT_LABEL[64..71])),output:NXM_NX_REG7[]
table=2,priority=10,ip,reg7=1 actions=ct(commit,zone=11),output:NXM_NX_REG7[0..15]
`

/** What tutorials get wrong, as it is: nothing is committed, and all stays +new. */
const NEVER_COMMITTED = `
table=0,priority=50,ct_state=-trk,tcp actions=ct(table=0)
table=0,priority=50,ct_state=-trk,udp actions=ct(table=0)
table=0,priority=50,ct_state=+trk+new,ip,in_port=1 actions=output:2
table=0,priority=50,ct_state=+trk+est,ip actions=FLOOD
table=0,priority=40,ct_state=+trk+inv,ip actions=IN_PORT
`

/** Inside behind port 1, outside behind port 2: sources are translated on the way out, and two services on the way in. */
const NAT = `
table=0,priority=10,ip,ct_state=-trk actions=ct(table=1,zone=5,nat)
table=0,priority=10,ipv6,ct_state=-trk actions=ct(table=1,zone=5,nat)
table=1,priority=30,ct_state=+trk+inv actions=drop
table=1,priority=20,ct_state=+trk+new,ip,in_port=1,nw_src=10.1.0.4 actions=ct(commit,zone=5,nat),output:2
table=1,priority=19,ct_state=+trk+new,udp,in_port=1 actions=ct(commit,zone=5,nat(src=192.0.2.7:5000)),output:2
table=1,priority=18,ct_state=+trk+new,ip,in_port=1 actions=ct(commit,zone=5,nat(src=192.0.2.1-192.0.2.4),table=3)
table=1,priority=18,ct_state=+trk+new,ipv6,in_port=1 actions=ct(commit,zone=5,nat(src=2001:db8:ff::1)),output:2
table=1,priority=20,ct_state=+trk+new,tcp,in_port=2,nw_dst=192.0.2.80,tp_dst=8080 actions=ct(commit,zone=5,nat(dst=10.1.0.9:80)),output:1
table=1,priority=15,ct_state=+trk+rel actions=resubmit(,2)
table=1,priority=10,ct_state=+trk+est actions=resubmit(,2)
table=2,priority=20,ct_state=+dnat,ip,nw_dst=10.1.0.0/16,in_port=2 actions=output:1
table=2,priority=15,ct_state=+snat,ip,nw_src=192.0.2.0/24,in_port=1 actions=output:2
table=2,priority=10,ip,in_port=1 actions=output:2,output:3
table=2,priority=10,in_port=2 actions=output:1,output:3
table=2,priority=5 actions=output:3
table=3,priority=10,ct_state=+snat+new,ip,nw_src=192.0.2.0/30 actions=output:2
table=3,priority=9,ip actions=output:2,output:3
`

/** Conversations as both sides of a translation have them: each end sends to what it knows the other as. */
function natTraffic(): Uint8Array {
  const time = new Timeline()
  const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
  const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })
  const server = '198.51.100.80'
  const talks = (client: string, known: string, sport: number): void => {
    const [inside, outside] = [client, known].map((one) => new TcpTalk({ client: one, server, sport })) as [TcpTalk, TcpTalk]
    const say = (flags: string, bytes = 0): void => {
      time.wait(3).add(out(inside.fromClient(flags, new Uint8Array(bytes))))
      outside.fromClient(flags, new Uint8Array(bytes))
    }
    const hear = (flags: string, bytes = 0): void => {
      time.wait(9).add(back(outside.fromServer(flags, new Uint8Array(bytes))))
      inside.fromServer(flags, new Uint8Array(bytes))
    }
    say('S')
    hear('SA')
    say('A')
    say('PA', 100)
    hear('PA', 700)
    say('A')
    say('FA')
    hear('FA')
    say('A')
  }
  // Which of the four the kernel gives a client depends on the client's address and the server's.
  for (const [i, known] of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].entries()) {
    for (const client of ['10.1.0.1', '10.1.0.2', '10.1.0.3']) talks(client, known, 40_000 + i)
  }
  talks('10.1.0.4', '10.1.0.4', 41_000)
  const question = ip('10.1.0.5', server, udp({ sport: 4000, dport: 53, payload: text('?') }))
  const known = ip('192.0.2.7', server, udp({ sport: 5000, dport: 53, payload: text('?') }))
  time.wait(50).add(out(question)).wait(5).add(back(ip(server, '192.0.2.7', udp({ sport: 53, dport: 5000, payload: text('!') }))))
  time.wait(50).add(out(question)).wait(5).add(back(ip(server, '192.0.2.7', icmp(3, 3, 0, known.subarray(0, 28)))))
  time.wait(50).add(out(ip('10.1.0.6', server, udp({ sport: 4001, dport: 54, payload: text('?') }))))
  const service = new TcpTalk({ client: server, server: '192.0.2.80', sport: 50_000, dport: 8080 })
  const inner = new TcpTalk({ client: server, server: '10.1.0.9', sport: 50_000, dport: 80 })
  for (const flags of ['S', 'A', 'PA']) {
    time.wait(5).add(back(service.fromClient(flags)))
    inner.fromClient(flags)
    if (flags === 'A') continue
    time.wait(5).add(out(inner.fromServer(flags === 'S' ? 'SA' : 'A')))
    service.fromServer(flags === 'S' ? 'SA' : 'A')
  }
  time.wait(50).add(out(ip('2001:db8:1::1', '2001:db8:2::1', udp({ sport: 4000, dport: 99, payload: text('?') }))))
  time.wait(5).add(back(ip('2001:db8:2::1', '2001:db8:ff::1', udp({ sport: 99, dport: 4000, payload: text('!') }))))
  time.wait(5).add(out(ip('10.1.0.2', server, icmp(8, 0, 77 << 16, text('ping')))))
  return encodePcap(time.frames, { micro: true })
}

const path = (name: string): string => fileURLToPath(new URL(`../../../samples/${name}`, import.meta.url))
/** A sample, with the flows beside it. */
const sample = (name: string, ports: string): Case =>
  ({ capture: () => readFileSync(path(`${name}.pcap`)), flows: readFileSync(path(`${name}.flows`), 'utf8'), ports })
const written = (flows: string, seed: number): Case => ({ capture: () => makeTraffic(seed, 40), flows, ports: SWITCH_PORTS })
const random = (seed: number): Case => written(makeFlows(seed), seed)

export const CASES: Readonly<Record<string, Case>> = {
  'four-flows': written(readFileSync(path('four-flows.flows'), 'utf8'), 911),
  'four-flows-sample': sample('four-flows', '1=02:00:00:00:00:01,2'),
  'security-group': sample('security-group', '5=fa:16:3e:00:00:05,1'),
  conjunction: written(CONJUNCTION, 912),
  nat: { capture: natTraffic, flows: NAT, ports: SWITCH_PORTS },
  'two-zones': written(TWO_ZONES, 913),
  'never-committed': written(NEVER_COMMITTED, 914),
  ...Object.fromEntries([3, 11, 21, 47].map((seed) => [`random-${String(seed)}`, random(seed)])),
}
