// A packet's way through the tables of a switch, and what it leaves in the connection table.

import { describe, expect, test } from 'vitest'
import { Engine, Frame, FlowsRun, type FlowSwitch, loadFlows, printFlows, printFlowsTable, snapshot } from '../../../src/index.ts'
import { flowPathText, flowPacketRow } from '../../../src/views/openflow-packet.ts'
import { ip, tcp as tcpSegment } from '../../../scripts/lib/packets.ts'
import { arp, ethernet, framed, tcp, udp } from '../../support/traffic.ts'

interface Ran {
  readonly engine: Engine
  readonly flowSwitch: FlowSwitch
  /** Of each frame: its fate with ports, and its path. */
  readonly fates: readonly string[]
  readonly paths: readonly string[]
  readonly table: readonly string[]
  readonly noted: FlowsRun
}

/** A frame from the server's station: the addresses of the link are the other way round. */
function back(bytes: Uint8Array): Uint8Array {
  const frame = bytes.slice()
  frame.set(bytes.subarray(6, 12), 0)
  frame.set(bytes.subarray(0, 6), 6)
  return frame
}

/** Runs Ethernet frames through flows, a second apart; the client is behind port 1, the server behind port 2. */
function run(flows: string, frames: readonly Uint8Array[], ports: readonly string[] = ['1=02:00:00:00:00:01', '2=02:00:00:00:00:02']): Ran {
  const { flowSwitch } = loadFlows({ path: 'flows', text: flows }, { ports })
  const engine = new Engine({ hooks: flowSwitch })
  const noted = new FlowsRun(flowSwitch)
  const paths: string[] = []
  const fates = frames.map((bytes, i) => {
    const frame = Object.assign(new Frame(), {
      number: i + 1, sec: 1000 + i, bytes, view: new DataView(bytes.buffer, bytes.byteOffset), end: bytes.length, wireLen: bytes.length,
      linkType: 1,
    })
    const isIp = engine.push(frame) === 1
    if (isIp) noted.note(engine, frame)
    const { decision } = flowPacketRow(flowSwitch, frame, isIp ? engine.packet : null)
    paths.push(flowPathText(decision.path))
    return `${decision.fate}${decision.ports.length > 0 ? `:${decision.ports.join(',')}` : ''}`
  })
  const table = snapshot(engine)
    .map(({ l4, original, zone, mark }) => `${l4} ${String(original.sourcePort)} zone=${String(zone)} mark=${String(mark)}`)
  return { engine, flowSwitch, fates, paths, table, noted }
}

const SYN = tcp({}, 'S', { seq: 1000 })
const SYNACK = back(tcp({ from: 2, to: 1, sport: 80, dport: 40_000 }, 'SA', { seq: 5000, ack: 1001 }))
const ACK = tcp({}, 'A', { seq: 1001, ack: 5001 })
const STRAY = tcp({ sport: 41_000 }, 'SF', { seq: 1 })

const FOUR = `
priority=50,ct_state=-trk,tcp actions=ct(table=0)
priority=50,ct_state=+trk+new,tcp,in_port=1 actions=ct(commit),output:2
priority=50,ct_state=+trk+new,tcp,in_port=2 actions=drop
priority=50,ct_state=+trk+est,tcp actions=resubmit(,1)
table=1,in_port=1 actions=output:2
table=1,in_port=2 actions=output:1
`

describe('the four flows of a stateful firewall', () => {
  test('let the inner side open connections, and their answers come back', () => {
    const { fates, paths, table } = run(FOUR, [SYN, SYNACK, ACK])
    expect(fates).toEqual(['output:2', 'output:1', 'output:2'])
    expect(paths).toEqual(['0 ct(+new+trk) 0 ct(+new+trk)', '0 ct(+est+rpl+trk) 0 1', '0 ct(+est+trk) 0 1'])
    expect(table).toEqual(['tcp 40000 zone=0 mark=0'])
  })

  test('drop what the outer side opens, each time as +new, and remember nothing of it', () => {
    const { fates, paths, table, engine } = run(FOUR, [back(SYN), back(SYN)])
    expect(fates).toEqual(['drop', 'drop'])
    expect(paths).toEqual(['0 ct(+new+trk) 0', '0 ct(+new+trk) 0'])
    expect(table).toEqual([])
    expect(engine.table.records.live).toBe(0)
  })

  test('what no flow matches is dropped where there was none, and told so', () => {
    const { flowSwitch, fates, paths } = run(FOUR, [udp()])
    expect(fates).toEqual(['drop'])
    expect(paths).toEqual(['0(none)'])
    expect(flowSwitch.decision).toMatchObject({ reason: 'no flow', table: 0, flow: null })
  })

  test('count their packets and bytes, and print as dump-flows prints them', () => {
    const { flowSwitch } = run(FOUR, [SYN, SYNACK, ACK, STRAY])
    const printed = printFlows(flowSwitch).split('\n')
    expect(printed[0]).toBe(' table=0, n_packets=4, n_bytes=216, priority=50,ct_state=-trk,tcp actions=ct(table=0)')
    expect(printed.filter((line) => line.includes('n_packets=0'))).toHaveLength(1)
  })
})

describe('commit', () => {
  test('a connection that is not committed stays +new, answers are +new of their own', () => {
    const flows = 'tcp,ct_state=-trk actions=ct(table=0)\n' +
      'ct_state=+trk,in_port=1 actions=output:2\nct_state=+trk,in_port=2 actions=output:1'
    expect(run(flows, [SYN, SYN, SYNACK])).toMatchObject({
      paths: ['0 ct(+new+trk) 0', '0 ct(+new+trk) 0', '0 ct(+inv+trk) 0'], table: [],
    })
  })

  test('sets mark and label under their masks, in new connections and in old ones', () => {
    const flows = 'ip,in_port=1 actions=ct(commit,exec(set_field:0x12/0xf0->ct_mark,load:1->NXM_NX_CT_LABEL[32])),output:2\n' +
      'ip,in_port=2 actions=ct(commit,exec(set_field:0x3/0x3->ct_mark,set_field:0x4/0x4->ct_label)),output:1'
    const { engine, flowSwitch } = run(flows, [SYN, SYNACK])
    expect(printFlowsTable({ engine, flowSwitch })).toBe('tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=40000,dport=80),' +
      'reply=(src=10.0.0.2,dst=10.0.0.1,sport=80,dport=40000),mark=19,labels=0x100000004,protoinfo=(state=ESTABLISHED)\n')
  })

  test('zones keep connections of their own, and a zone can come from a register', () => {
    const flows = 'ip actions=load:7->NXM_NX_REG6[],ct(commit,zone=NXM_NX_REG6[0..15]),ct(commit,zone=3),ct(zone=9),output:2'
    expect(run(flows, [SYN]).table).toEqual(['tcp 40000 zone=7 mark=0', 'tcp 40000 zone=3 mark=0'])
  })

  test('with force a connection begins with the packet that answers it', () => {
    const flows = 'ip,in_port=1 actions=ct(commit),output:2\nip,in_port=2 actions=ct(commit,force),output:1'
    const { engine, table } = run(flows, [udp(), back(udp({ from: 2, to: 1, sport: 53, dport: 4000 }))])
    expect(table).toEqual(['udp 53 zone=0 mark=0'])
    expect(engine.table.records.live).toBe(1)
  })

  test('flows behind a ct action see the packet untracked; those in its table see its state', () => {
    const flows = 'tcp actions=ct(table=1),resubmit(,2)\ntable=1 actions=drop\n' +
      'table=2,ct_state=-trk actions=output:2\ntable=2 actions=output:3'
    expect(run(flows, [SYN])).toMatchObject({ fates: ['output:2'], paths: ['0 ct(+new+trk) 1 2'] })
  })

  test('ct_clear takes the state away', () => {
    const flows = 'tcp actions=ct(table=1)\ntable=1 actions=ct_clear,resubmit(,2)\ntable=2,ct_state=-trk,ct_zone=0 actions=output:2'
    expect(run(flows, [SYN]).fates).toEqual(['output:2'])
  })

  test('TCP that is established is not INVALID for its sequence numbers', () => {
    const far = tcp({}, 'A', { seq: 900_000_000, ack: 5001, length: 10 })
    const loose = run(FOUR, [SYN, SYNACK, ACK, far])
    expect(loose.paths.at(-1)).toBe('0 ct(+est+trk) 0 1')
  })
})

describe('nat', () => {
  const FLOWS = 'ip,in_port=1,ct_state=-trk actions=ct(commit,zone=2,nat(src=192.0.2.1),table=1)\n' +
    'ip,in_port=2,ct_state=-trk actions=ct(zone=2,nat,table=1)\ntable=1,ct_state=+snat,ip,nw_src=192.0.2.1 actions=output:2\n' +
    'table=1,ct_state=+dnat,ip,nw_dst=10.0.0.1 actions=output:1'
  // The answer as it comes to the address that stands for the client.
  const ANSWER = back(framed(ip('10.0.0.2', '192.0.2.1', tcpSegment({ sport: 80, dport: 40_000, flags: 'SA', seq: 5000, ack: 1001 }))))

  test('changes the addresses that the next table sees, there and back', () => {
    const { fates, paths, engine } = run(FLOWS, [SYN, ANSWER])
    expect(fates).toEqual(['output:2', 'output:1'])
    expect(paths).toEqual(['0 ct(zone=2,+new+trk+snat) 1', '0 ct(zone=2,+est+rpl+trk+dnat) 1'])
    expect(snapshot(engine)).toMatchObject([{ original: { source: '10.0.0.1' }, reply: { destination: '192.0.2.1' }, state: 'SYN_RECV' }])
  })

  test('and conntrack once more in another zone is refused with the frame', () => {
    expect(() => run(FLOWS.replace('output:2', 'ct(commit,zone=3),output:2'), [SYN]))
      .toThrow(/frame 1: flows show a packet to conntrack in zone 3/)
  })

  test('a port that the kernel draws by chance is told', () => {
    const { noted } = run('ip,in_port=1 actions=ct(commit,nat(src=192.0.2.1:10-20)),output:2', [SYN])
    expect(noted.findings()).toMatchObject([{ id: 'nat-port-drawn' }])
  })
})

describe('the original direction\'s tuple', () => {
  test('is that of the first packet, in both directions', () => {
    const flows = 'tcp actions=ct(commit,table=1)\n' +
      'table=1,ip,ct_state=+trk-inv,ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=6,ct_tp_src=40000,ct_tp_dst=80 actions=output:3'
    expect(run(flows, [SYN, SYNACK]).fates).toEqual(['output:3', 'output:3'])
  })
})

describe('conjunctions', () => {
  const FLOWS = `
priority=20,ip,nw_src=10.0.0.1 actions=conjunction(5,1/2)
priority=20,ip,nw_src=10.0.0.3 actions=conjunction(5,1/2)
priority=20,tcp,tp_dst=80 actions=conjunction(5,2/2)
priority=20,conj_id=5,ip actions=output:2
priority=10,tcp actions=output:3
priority=20,udp,tp_dst=53 actions=output:4
`
  test('match where each clause is met by some flow', () => {
    const { fates, flowSwitch } = run(FLOWS, [SYN, tcp({ from: 3 }, 'S'), tcp({ from: 4 }, 'S'), tcp({ dport: 81 }, 'S'), udp()])
    expect(fates).toEqual(['output:2', 'output:2', 'output:3', 'output:3', 'output:4'])
    expect(flowSwitch.program.flows.map((flow) => flowSwitch.packetsOf(flow))).toEqual([0, 0, 0, 2, 2, 1])
  })
})

describe('ways of the tables', () => {
  test('registers last, the port of a resubmit does not', () => {
    const flows = 'actions=load:5->NXM_NX_REG1[4..7],resubmit(9,1),output:NXM_NX_REG2[]\n' +
      'table=1,in_port=9,reg1=0x50 actions=move:NXM_NX_REG1[4..7]->NXM_NX_REG2[0..3],resubmit(,2)\ntable=2,in_port=1 actions=output:4'
    expect(run(flows, [SYN]).fates).toEqual(['output:4,5'])
  })

  test('what is pushed is popped, whatever became of the field', () => {
    expect(run('actions=load:7->NXM_NX_REG0[],push:NXM_NX_REG0[],load:1->NXM_NX_REG0[],pop:NXM_NX_REG0[],output:NXM_NX_REG0[]',
      [SYN]).fates)
      .toEqual(['output:7'])
  })

  test('nothing goes back by the port it came in by, but with in_port', () => {
    const { fates, flowSwitch } = run('in_port=1 actions=output:1\nin_port=2 actions=in_port', [back(SYN), SYN])
    expect(fates).toEqual(['output:2', 'drop'])
    expect(flowSwitch.decision.reason).toBe('same port')
  })

  test('flood reaches all ports that flows or hints speak of, but the one it came in by', () => {
    expect(run('in_port=1 actions=flood\nin_port=7 actions=drop', [SYN]).fates).toEqual(['output:2,7'])
  })

  test('NORMAL floods, learns, and sends to where the station was heard', () => {
    expect(run('actions=NORMAL\ntable=9,in_port=3 actions=drop', [SYN, SYNACK, SYN]).fates).toEqual(['output:2,3', 'output:1', 'output:2'])
  })

  test('NORMAL knows stations by VLAN, and passes on nothing for bridges themselves', () => {
    const tagged = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes.subarray(0, 12), 0x81, 0, 0, 5, ...bytes.subarray(12))
    const bpdu = SYN.slice()
    bpdu.set([0x01, 0x80, 0xc2, 0, 0, 0])
    expect(run('actions=NORMAL\ntable=9,in_port=3 actions=drop', [SYN, tagged(SYNACK), bpdu]).fates)
      .toEqual(['output:2,3', 'output:1,3', 'drop'])
  })

  test('a tag is matched, taken off and put on', () => {
    const tagged = Uint8Array.of(...SYN.subarray(0, 12), 0x81, 0, 0x60, 5, ...SYN.subarray(12))
    const flows = 'dl_vlan=5,dl_vlan_pcp=3,tcp actions=strip_vlan,resubmit(,1)\n' +
      'table=1,vlan_tci=0 actions=mod_vlan_vid:9,resubmit(,2)\n' +
      'table=2,dl_vlan=9 actions=push_vlan:0x8100,set_field:4106->vlan_vid,resubmit(,3)\n' +
      'table=3,dl_vlan=10 actions=output:2'
    expect(run(flows, [tagged]).fates).toEqual(['output:2'])
  })

  test('frames without IP have their way too', () => {
    const { fates, flowSwitch } = run('arp actions=output:2\nip actions=drop', [arp(), ethernet(0x88cc, new Uint8Array(30))])
    expect(fates).toEqual(['output:2', 'drop'])
    expect(flowSwitch.droppedOthers).toBe(1)
  })

  test('ARP is read: operation, addresses, stations', () => {
    const request = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2)
    const flows = 'arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/30,arp_sha=02:00:00:00:00:01,arp_tha=00:00:00:00:00:00 ' +
      'actions=load:2->NXM_OF_ARP_OP[],resubmit(,1)\ntable=1,arp,arp_op=2 actions=output:2'
    expect(run(flows, [ethernet(0x0806, request)]).fates).toEqual(['output:2'])
  })
})

describe('flows that lead nowhere end', () => {
  test.each([
    ['resubmit to itself', 'actions=output:2,resubmit(,0)'], ['conntrack for ever', 'tcp actions=output:2,ct(table=0)'],
    ['two ways for ever', 'tcp actions=ct(table=0),ct(table=0)'], ['twice two',
      'actions=resubmit(,1),resubmit(,1)\ntable=1 actions=resubmit(,0),resubmit(,0)'],
    ['much to do', `actions=${'output:2,'.repeat(5000)}resubmit(,0),resubmit(,0)`],
    ['much to push', `actions=${'push:NXM_NX_REG0[],'.repeat(5000)}resubmit(,0)`],
  ])('%s', (_, flows) => {
    const { flowSwitch, engine } = run(flows, [SYN, SYN])
    expect(flowSwitch.steps.length).toBeLessThanOrEqual(5000)
    expect(engine.table.records.live).toBe(0)
  })

  test('with nothing sent, and the reason told', () => {
    const { fates, flowSwitch } = run('actions=output:2,resubmit(,0)', [SYN])
    expect(fates).toEqual(['drop'])
    expect(flowSwitch.decision.reason).toBe('loop')
  })
})

describe('ports', () => {
  const FLOWS = 'in_port=tap0 actions=output:tap1\nin_port="tap1" actions=drop\nin_port=7 actions=output:8'

  test('have names in flows, and names in hints', () => {
    expect(run(FLOWS, [SYN, back(SYN)], ['tap0=02:00:00:00:00:01', 'tap1=02:00:00:00:00:02']).fates).toEqual(['output:tap1', 'drop'])
  })

  test('a hint gives a name its number, and one port to all that are not named', () => {
    expect(run('in_port=tap0 actions=output:8', [SYN], ['tap0=7', '7']).fates).toEqual(['output:8'])
    expect(run('in_port=7 actions=output:8', [SYN], ['tap0=7', 'tap0']).fates).toEqual(['output:8'])
  })

  test('are learned from flows that tie a station to them', () => {
    expect(run('table=71,in_port=7,dl_src=02:00:00:00:00:01 actions=drop\nin_port=7 actions=output:8', [SYN], []).fates)
      .toEqual(['output:8'])
  })

  test('an interface of the capture can be a port', () => {
    const { flowSwitch } = loadFlows({ path: 'flows', text: FLOWS }, { ports: ['7=eth1'] })
    flowSwitch.ports.interfaceOf = () => 'eth1'
    expect(flowSwitch.ports.of(new Frame())).toBe(7)
  })

  test.each([['=x', /is no port/], ['1=', /write PORT=STATION/], ['70000', /no number of a port/],
    ['tap0=70000', /up to 65279/]])('%s is refused', (hint, message) => {
    expect(() => loadFlows({ path: 'flows', text: '' }, { ports: [hint] })).toThrow(message)
  })

  test('that nothing tells are counted, and found where flows ask for them', () => {
    const { noted } = run('in_port=1 actions=output:2', [SYN, SYNACK], [])
    expect(noted.findings()).toMatchObject([{ id: 'port-unknown', text: expect.stringMatching(/^of 2 frames/) as string }])
  })
})

test('dropped flows are told with the flow that dropped them', () => {
  const { noted } = run(FOUR, [back(SYN), back(SYN), udp()])
  expect(noted.dropped.flows).toMatchObject([
    { packets: 2, firstFrame: 1, lastFrame: 2, decision: { reason: 'flow', flow: { line: 4 } } },
    { packets: 1, decision: { reason: 'no flow', flow: null } },
  ])
})
