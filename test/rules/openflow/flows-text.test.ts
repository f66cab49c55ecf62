// What ovs-ofctl prints and reads, and what nobody should write.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FlowSwitch, loadFlows, UsageError } from '../../../src/index.ts'

const load = (text: string, ports: readonly string[] = [], isLenient = false): ReturnType<typeof loadFlows> =>
  loadFlows({ path: 'flows', text }, { ports, isLenient })
const flowsOf = (text: string): FlowSwitch['program']['flows'] => load(text).flowSwitch.program.flows
const complaint = (text: string): string => {
  try {
    load(text)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message
  }
  return 'none'
}

/** Flows that match the same and do the same. */
function expectSame(one: string, other: string): void {
  const [a, b] = [flowsOf(`${one},actions=drop`), flowsOf(`${other},actions=drop`)]
  expect([...a[0]!.match.masks]).toEqual([...b[0]!.match.masks])
  expect([...a[0]!.match.values]).toEqual([...b[0]!.match.values])
  expect(a[0]!.match.masks.some((mask) => mask !== 0)).toBe(true)
}

describe('what dump-flows prints', () => {
  const DUMP = [
    'NXST_FLOW reply (xid=0x4):',
    ' cookie=0x1f, duration=12.5s, table=3, n_packets=7, n_bytes=518, idle_age=2, ' +
    'priority=90,ct_state=+est-rel+trk,ip,reg5=0x2 actions=output:2',
    ' cookie=0x0, duration=3.1s, table=0, n_packets=0, n_bytes=0, priority=0 actions=NORMAL',
    '',
  ].join('\n')

  test('is read with table, priority, counter, line and text', () => {
    expect(flowsOf(DUMP)).toMatchObject([
      { table: 3, priority: 90, told: 7, line: 2, text: 'ct_state=+est-rel+trk,ip,reg5=0x2 actions=output:2' },
      { table: 0, priority: 0, told: 0, line: 3, text: 'actions=NORMAL' },
    ])
  })

  test('and what add-flows reads: comments, blanks between parts, and the usual table and priority', () => {
    expect(flowsOf('# all\n\n  tcp tp_dst=80 actions=drop # no web\nadd table=2,ip,actions=1\n')).toMatchObject([
      { table: 0, priority: 32_768, told: null, line: 3, text: 'tcp,tp_dst=80 actions=drop' }, { table: 2, line: 4, text: 'ip actions=1' },
    ])
  })

  test('a flow with the match and priority of another takes its place, and that is said', () => {
    const { flowSwitch, warnings } = load(
      'priority=5,tcp actions=drop\npriority=5,dl_type=0x0800,nw_proto=6 actions=1\npriority=6,tcp actions=2')
    expect(flowSwitch.program.flows.map(({ line }) => line)).toEqual([2, 3])
    expect(warnings)
      .toMatchObject([{ line: 2, message: 'it takes the place of the flow of line 1: table, priority and match are the same' }])
  })
})

describe('fields', () => {
  test.each([
    ['tcp', 'dl_type=0x0800,nw_proto=6'], ['udp6', 'ipv6,nw_proto=17'], ['sctp', 'ip,ip_proto=132'], ['icmp6',
      'eth_type=0x86dd,nw_proto=58'],
    ['arp', 'dl_type=0x806'], ['rarp', 'dl_type=0x8035'], ['icmp', 'ip,nw_proto=1'],
    ['dl_src=02:00:00:00:00:01', 'eth_src=2:0:0:0:0:1/ff:ff:ff:ff:ff:ff'],
    ['dl_dst=01:00:00:00:00:00/01:00:00:00:00:00', 'NXM_OF_ETH_DST=01:00:00:00:00:00/01:00:00:00:00:00'],
    ['dl_vlan=5', 'vlan_tci=0x1005/0x1fff'], ['dl_vlan=0xffff', 'vlan_tci=0'], ['dl_vlan=5,dl_vlan_pcp=3', 'vlan_tci=0x7005'],
    ['vlan_vid=0x1005', 'dl_vlan=5'], ['vlan_tci=0x1000/0x1000', 'vlan_vid=0x1000/0x1000'],
    ['ip,nw_src=10.0.0.0/8', 'ip,nw_src=10.0.0.0/255.0.0.0'], ['ip,nw_dst=10.0.0.1', 'ip,ip_dst=10.0.0.1/32'],
    ['ipv6,ipv6_src=2001:db8::/32', 'ipv6,ipv6_src=2001:db8::/ffff:ffff::'], ['tcp,tp_dst=80', 'tcp,tcp_dst=0x50/0xffff'],
    ['udp,tp_src=0x400/0xfc00', 'udp,udp_src=1024/0xfc00'], ['icmp,icmp_type=8,icmp_code=0', 'icmp,NXM_OF_ICMP_TYPE=8,NXM_OF_ICMP_CODE=0'],
    ['icmp6,icmpv6_type=135,nd_target=fe80::1', 'icmp6,icmp_type=135,NXM_NX_ND_TARGET=fe80::1'], ['tcp,tcp_flags=+syn-ack',
      'tcp,tcp_flags=0x2/0x12'],
    ['tcp,tcp_flags=syn|ack', 'tcp,tcp_flags=0x12'], ['ip,nw_frag=no', 'ip,ip_frag=0/3'], ['ip,nw_frag=later', 'ip,nw_frag=3/3'],
    ['ip,nw_tos=32', 'ip,nw_tos=0x20'], ['ip,ip_dscp=8', 'ip,nw_tos=0x20/0xfc'], ['ip,nw_ecn=1', 'ip,nw_tos=1/3'], ['ip,nw_ttl=1',
      'ip,NXM_NX_IP_TTL=1'],
    ['metadata=0x100000002', 'OXM_OF_METADATA=4294967298'], ['reg0=5', 'NXM_NX_REG0=0x5'], ['reg15=0x10/0x10', 'reg15[4]=1'],
    ['reg0=0x5/0xf', 'reg0[0..3]=5'], ['xreg1=0x100000002', 'reg2=1,reg3=2'], ['xxreg0=0x1/0x1', 'reg3=1/1'], ['tun_id=5', 'tunnel_id=5'],
    ['ct_state=+trk+new-est', 'ct_state=0x21/0x23'], ['ct_state=trk|new', 'ct_state=0x21'], ['ct_state=-trk', 'ct_state=0/0x20'],
    ['ct_state=+rel+rpl+inv+snat+dnat', 'ct_state=0xdc/0xdc'], ['ct_zone=5', 'NXM_NX_CT_ZONE=5'], ['ct_mark=1/3', 'NXM_NX_CT_MARK=0x1/0x3'],
    ['ct_label=0x10000000000000000/0x10000000000000000', 'ct_label[64]=1'], ['ip,ct_state=+est,ct_nw_src=10.0.0.0/8',
      'ip,ct_state=+est,ct_nw_src=10.0.0.0/255.0.0.0'],
    ['ip,ct_state=+trk-inv,ct_nw_proto=6,ct_tp_dst=80', 'ip,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=0x50/0xffff'],
    ['ipv6,ct_state=+new,ct_ipv6_dst=::1', 'ipv6,ct_state=+new,NXM_NX_CT_IPV6_DST=::1'], ['arp,arp_op=1', 'arp,NXM_OF_ARP_OP=1'],
    ['arp,arp_spa=10.0.0.1,arp_tpa=10.0.0.2', 'arp,nw_src=10.0.0.1,nw_dst=10.0.0.2'], ['arp,arp_sha=02:00:00:00:00:01',
      'arp,NXM_NX_ARP_SHA=02:00:00:00:00:01'],
    ['conj_id=7', 'NXM_NX_CONJ_ID=7'], ['in_port=LOCAL', 'in_port=65534'], ['tcp,tp_src=*', 'tcp'],
  ])('%s is %s', expectSame)
})

describe('actions', () => {
  const namesOf = (actions: string, match = 'tcp'): string[] => flowsOf(`${match} actions=${actions}`)[0]!.actions.map(({ name }) => name)

  test.each([
    ['drop', []], ['', []], ['output:2', ['output']], ['2', ['output']], ['output:NXM_NX_REG5[]', ['output']], ['output:reg5[0..15]',
      ['output']],
    ['"tap0"', ['output']], ['output("tap0")', ['output']], ['output(port=2,max_len=100)', ['output']], ['enqueue:2:1', ['output']],
    ['NORMAL', ['output']], ['normal', ['output']], ['flood,all,local,in_port', ['output', 'output', 'output', 'output']],
    ['CONTROLLER:65535', ['output']], ['resubmit:3', ['resubmit']], ['resubmit(,5),resubmit(3,5)', ['resubmit', 'resubmit']],
    ['goto_table:7', ['goto_table']], ['load:0x1->NXM_NX_REG0[0..3]', ['load']], ['set_field:5/7->reg1', ['set_field']],
    ['set_field:02:00:00:00:00:01->eth_src', ['set_field']], ['move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]', ['move']],
    ['push:NXM_NX_REG0[],pop:NXM_NX_REG1[]', ['push', 'pop']], ['mod_vlan_vid:5,strip_vlan', ['mod_vlan_vid', 'strip_vlan']],
    ['push_vlan:0x8100,set_field:4101->vlan_vid,pop_vlan', ['push_vlan', 'set_field', 'pop_vlan']], ['mod_dl_dst:02:00:00:00:00:01',
      ['mod_dl_dst']],
    ['mod_nw_tos:32,dec_ttl', ['mod_nw_tos', 'dec_ttl']], ['write_metadata:0x1/0xff', ['write_metadata']], ['set_tunnel:0x5',
      ['set_tunnel']],
    ['ct', ['ct']], ['ct()', ['ct']], ['ct(commit),ct_clear', ['ct', 'ct_clear']], ['note:01.02,set_queue:1', ['note', 'set_queue']],
  ])('%s', (text, names) => {
    expect(namesOf(text)).toEqual(names)
  })

  test('ct says what it commits, where, and what it sets', () => {
    const [flow] = flowsOf('tcp actions=ct(commit,force,table=4,zone=NXM_NX_REG6[0..15],alg=ftp,' +
      'exec(set_field:0x1/0x3->ct_mark,load:0xf->NXM_NX_CT_LABEL[32..35],move:NXM_NX_REG1[0..7]->NXM_NX_CT_MARK[8..15]))')
    expect(flow!.actions).toMatchObject([{
      request: {
        isCommit: true, isForce: true, table: 4, zone: { field: { name: 'reg6' }, from: 0, bits: 16 }, alg: 'ftp',
        exec: [{ name: 'set_field' }, { name: 'load' }, { name: 'move' }], masks: Int32Array.of(0xff03, 0, 0, 15, 0),
      },
    }])
  })

  test.each([
    ['nat', { isSource: null, range: null }],
    ['nat(src)', { isSource: true, range: null }],
    ['nat(src=10.0.0.1)', {
      isSource: true, range: { addresses: { from: [0x0a000001, 0, 0, 0], to: [0x0a000001, 0, 0, 0] }, ports: null },
    }],
    ['nat(dst=10.0.0.1-10.0.0.9:80-90,random,persistent)', {
      isSource: false,
      range: { addresses: { to: [0x0a000009, 0, 0, 0] }, ports: { from: 80, to: 90 }, isRandom: true, isPersistent: true },
    }],
    ['nat(src=2001:db8::1-2001:db8::9)', { isSource: true, range: { addresses: { to: [0x20010db8, 0, 0, 9] }, ports: null } }],
    ['nat(dst=[2001:db8::1]:80)', { isSource: false, range: { addresses: { from: [0x20010db8, 0, 0, 1] }, ports: { from: 80, to: 80 } } }],
    ['nat(dst=[2001:db8::1-2001:db8::2]:80,hash)', {
      isSource: false, range: { addresses: { to: [0x20010db8, 0, 0, 2] }, isRandom: true },
    }],
  ])('%s says what is translated, and to what', (text, nat) => {
    expect(flowsOf(`tcp actions=ct(commit,${text})`)[0]!.actions).toMatchObject([{ request: { nat } }])
  })

  test('conjunctions are clauses', () => {
    expect(flowsOf('ip actions=conjunction(3,1/2),conjunction(4,2/3)')[0]).toMatchObject({
      actions: [], clauses: [{ id: 3, clause: 0, clauses: 2 }, { id: 4, clause: 1, clauses: 3 }],
    })
  })
})

describe('what cannot be read is an error with file and line', () => {
  test.each([
    ['ip', /^flows:1: it says no actions$/], ['\nfrob=1 actions=drop', /^flows:2: the match "frob" is not supported; did you mean \w+\?$/],
    ['frob actions=drop', /unknown word "frob"/], ['tcp,udp actions=drop', /two values of one field/],
    ['table=255 actions=drop', /"255" is no table/],
    ['priority=65536 actions=drop', /"65536" is no priority/], ['reg0=0x100000000 actions=drop', /too large: there are 32 bits/],
    ['reg0[0..32]=1 actions=drop', /the bits of reg0 are 0 to 31/], ['ct_state=+frob actions=drop', /unknown ct_state "frob"/],
    ['ct_state=+new-new actions=drop', /said already, or its contrary/], ['ip,nw_src=10.0.0 actions=drop', /"10\.0\.0" is no IPv4 address/],
    ['dl_src=02:00 actions=drop', /"02:00" is no MAC address/], ['ip,tcp_flags=+frob actions=drop', /unknown TCP flag "frob"/],
    ['in_port=? actions=drop', /"\?" is no port/], ['dl_vlan=4096 actions=drop', /"4096" is no VLAN/],
    ['actions=learn(table=1)', /the action "learn" is not supported/], ['actions=resubmit(1,2,ct)', /resubmit with "ct" is not supported/],
    ['actions=output:1,drop', /drop stands with other actions/], ['actions=load:1', /write VALUE->FIELD/],
    ['actions=resubmit(,5', /parenthesis stays open/],
    ['actions=resubmit(,5))', /closed that was not opened/],
    ['ip actions=set_field:10.0.0.1->nw_src', /set_field of nw_src is not supported/],
    ['ip actions=mod_tp_dst:80', /mod_tp_dst of tp_dst is not supported/],
    ['actions=load:1->NXM_NX_CT_MARK[]', /cannot write ct_mark outside of ct's exec/],
    ['actions=set_field:1->ct_state', /cannot write ct_state here/], ['actions=load:9->NXM_NX_REG0[0..2]', /too large: there are 3 bits/],
    ['actions=move:NXM_NX_REG0[]->NXM_NX_REG1[0..3]', /moves 32 bits to 4/], ['actions=push_vlan:0x800', /no type of a VLAN tag/],
    ['actions=ct(table=1)', /ct needs a match of ip or ipv6: Open vSwitch refuses the flow/],
    ['ip,ct_state=+inv actions=ct(commit)', /nothing that is \+inv can be committed/],
    ['udp actions=ct(commit,alg=ftp)', /alg=ftp needs a match of tcp/],
    ['tcp actions=ct(commit,alg=sip)', /unknown alg "sip"/], ['ip actions=ct(force)', /force needs commit/],
    ['ip actions=ct(exec(set_field:1->ct_mark))', /exec needs commit/],
    ['ip actions=ct(commit,exec(set_field:1->reg0))', /cannot write reg0 here/],
    ['ip actions=ct(commit,exec(output:1))', /"output" is no action of ct's exec/], ['ip actions=ct(zone=reg0)', /a zone has 16 bits/],
    ['ip actions=ct(frob)', /unknown argument of ct: "frob"/], ['ip actions=ct(commit,nat(src=1.2.3.4,dst=1.2.3.4))', /nat is of the source or of the destination/],
    ['ip actions=ct(commit,nat(src=x))', /"x" is no range of addresses/],
    ['ip actions=ct(nat(src=1.2.3.4))', /nat\(src\) or nat\(dst\) needs commit/],
    ['ip actions=ct(commit,nat(random))', /nat without an address/], ['ip actions=ct(commit,nat(frob))', /unknown argument of nat: "frob"/],
    ['ip actions=ct(commit,nat(src=1.2.3.4:99999))', /"99999"/],
    ['ip actions=ct(timeout=a)', /timeout policy is not supported/],
    ['ip actions=conjunction(1,1/2),output:1', /conjunction stands with other actions/],
    ['ip actions=conjunction(1,3/2)', /write conjunction/],
    ['ip,ct_nw_proto=6 actions=drop', /ct_nw_proto needs ip or ipv6, and a ct_state/],
  ])('%s', (text, message) => {
    expect(complaint(text)).toMatch(message)
  })

  test('or with isLenient a warning, and the flow matches nothing', () => {
    const { flowSwitch, warnings } = load('actions=learn(table=1)\nactions=output:1', [], true)
    expect(flowSwitch.program.flows.map(({ line }) => line)).toEqual([2])
    expect(warnings)
      .toMatchObject([{ path: 'flows', line: 1, message: expect.stringMatching(/learn.*; the flow matches nothing$/) as string }])
  })

  test('what Open vSwitch leaves out of a match is left out with a warning', () => {
    const { flowSwitch, warnings } = load('tp_dst=80,in_port=1 actions=drop\nidle_timeout=10,ip actions=drop')
    expect(flowSwitch.program.flows[0]!.match.conditions.length).toBe(3)
    expect(warnings.map(({ message }) => message)).toEqual([
      'tp_dst needs tcp, udp, sctp or icmp: Open vSwitch leaves it out, and the flow matches whatever it is',
      'idle_timeout=10: flows do not expire here',
    ])
  })
})

describe('no text does harm', () => {
  const word = fc.constantFrom('ip', 'tcp', 'table', 'priority', 'actions', 'ct', 'ct_state', 'reg0', 'nw_src', 'commit', 'zone', 'exec',
    'set_field', 'load', 'resubmit', 'conjunction', 'output', 'drop', '10.0.0.0/8', '+trk', '-new', '0x1/0x3', '1', '99999999999999999999')
  const joint = fc.constantFrom('=', ',', ' ', '(', ')', ':', '->', '[', ']', '..', '/', '"', '\n', '#', '')

  test('of flows or of anything: it is read, or refused in words', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.tuple(word, joint)).map((parts) => parts.flat().join(''))),
      (text) => {
        expect(() => load(text, [], true)).not.toThrow()
        try {
          load(text)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }), { numRuns: 2000 })
  })

  test('a very long line ends', () => {
    expect(complaint(`ip actions=${'('.repeat(100_000)}`)).toMatch(/parenthesis stays open/)
    expect(complaint(`ip actions=${'output:1,'.repeat(20_000)}`)).toMatch(/too many parts/)
    expect(complaint('a'.repeat(200_000))).toMatch(/it says no actions/)
    expect(complaint(`${' '.repeat(100_000)}x${'actions'.repeat(20_000)}`)).toMatch(/it says no actions/)
  })
})
