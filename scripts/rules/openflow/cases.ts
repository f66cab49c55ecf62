// The flows that are recorded, with the traffic they are shown: some written by hand for what people write, and some of the
// random ones.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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
  'two-zones': written(TWO_ZONES, 913),
  'never-committed': written(NEVER_COMMITTED, 914),
  ...Object.fromEntries([3, 11, 21, 47].map((seed) => [`random-${String(seed)}`, random(seed)])),
}
