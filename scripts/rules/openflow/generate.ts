// Random flows for the traffic of ../generate.ts: a few tables, conntrack in several zones, marks and labels.

import { Chance } from '../../captures/flow.ts'

/** How the kernel's switch is set up: the client's side is port 1, the other's port 2; nothing is behind port 3. */
export const SWITCH_PORTS = '1=02:00:00:00:00:01,2=02:00:00:00:00:02,3'

const TABLES = 5

/** The lines of a file for add-flows. Without NORMAL: what it has learned changes what Open vSwitch does only some time later. */
export function makeFlows(seed: number): string {
  const chance = new Chance(seed)
  const maybe = (percent: number, make: () => string): string => chance.percent(percent) ? make() : ''
  const list = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(',')
  const zone = (): string => chance.of(['', '', 'zone=0', 'zone=1', 'zone=2', 'zone=NXM_NX_REG0[0..15]'])
  const port = (): string => chance.of(['22', '53', '80', '0x50/0xfff0', '443', '8080', '0x0/0xfc00'])

  const protocol = (): string => {
    switch (chance.below(8)) {
      case 0: case 1: return list(chance.of(['tcp', 'tcp', 'tcp6']), maybe(50, () => `tp_${chance.of(['src', 'dst'])}=${port()}`))
      case 2: return list(chance.of(['udp', 'udp', 'udp6']), maybe(50, () => `tp_${chance.of(['src', 'dst'])}=${port()}`))
      case 3: return list('tcp', `tcp_flags=${chance.of(['+syn-ack', '+syn', '-syn', '+rst', '+ack-fin'])}`)
      case 4: return chance.of(['icmp', 'icmp,icmp_type=8', 'icmp6', 'icmp6,icmp_type=128', 'icmp,icmp_type=3,icmp_code=3'])
      case 5: {
        const network = chance.of(['10.1.0.0/16', '10.2.0.0/16', '10.0.0.2/255.0.0.254', '10.1.0.3'])
        return `ip,nw_${chance.of(['src', 'dst'])}=${network}`
      }
      case 6: return `ipv6,ipv6_${chance.of(['src', 'dst'])}=${chance.of(['2001:db8:1::/48', '2001:db8:2::2', '2001:db8::/32'])}`
      default: return chance.of(['ip', 'ipv6'])
    }
  }
  const state = (): string => `ct_state=${chance.of([
    '-trk', '+trk', '+trk+new', '+trk+est', '+trk-new', '+trk+est+rpl', '+trk-rpl', '+trk+inv', '+trk-inv', '+trk+rel', '+trk-est-rel-inv',
    '+trk+new-rel', '+new', '-rpl',
  ])}`
  const fields = (): string => list(
    maybe(25, () => `in_port=${String(1 + chance.below(2))}`),
    maybe(15, () => `reg${String(chance.below(2))}=${chance.of(['1', '2', '0x0/0x1', '0'])}`),
    maybe(15, () => `ct_zone=${String(chance.below(3))}`),
    maybe(15, () => `ct_mark=${chance.of(['0', '1', '0x2/0x2', '0x0/0x4'])}`),
    maybe(8, () => `ct_label=${chance.of(['0', '0x1/0x1', '0x100000000/0x100000000'])}`))
  const original = (): string => chance.of(['ct_nw_proto=6', 'ct_nw_src=10.1.0.0/16', 'ct_nw_dst=10.2.0.2', 'ct_nw_proto=17,ct_tp_dst=53'])

  const exec = (): string => `exec(${chance.of([
    'set_field:0x1->ct_mark', 'load:0x1->NXM_NX_CT_MARK[1]', 'set_field:0x2/0x6->ct_mark', 'move:NXM_NX_REG0[0..3]->NXM_NX_CT_MARK[0..3]',
    'set_field:0x1/0x1->ct_label', 'load:0x3->NXM_NX_CT_LABEL[32..35]', 'set_field:0x5->ct_mark,set_field:0x100000000->ct_label',
  ])})`
  const later = (table: number): number => table + 1 + chance.below(TABLES - table)
  const ct = (table: number, isInvalid: boolean): string => {
    const isCommit = !isInvalid && chance.percent(45)
    return `ct(${list(
      isCommit ? 'commit' : '', isCommit ? maybe(12, () => 'force') : '', zone(),
      maybe(isCommit ? 40 : 90, () => `table=${String(later(table))}`), isCommit ? maybe(40, exec) : '')})`
  }
  const sent = (): string => chance.of(['output:1', 'output:2', 'output:2', 'output:1', 'IN_PORT', 'output:3', 'FLOOD'])
  const set = (): string => chance.of([
    `load:${String(chance.below(4))}->NXM_NX_REG0[]`, 'load:1->NXM_NX_REG1[0..1]', 'move:NXM_NX_REG0[]->NXM_NX_REG1[]', 'set_field:2->reg1',
    'move:NXM_NX_CT_MARK[0..1]->NXM_NX_REG0[0..1]', 'ct_clear',
  ])
  const actions = (table: number, isIp: boolean, isInvalid = false): string => {
    const onward = (): string => table === TABLES ? sent() : chance.of([`resubmit(,${String(later(table))})`, sent()])
    const all = Array.from({ length: 1 + chance.below(3) }, () => {
      const what = chance.below(10)
      if (isIp && table < TABLES && what < 5) return ct(table, isInvalid)
      return what < 7 ? onward() : set()
    })
    // A packet goes on once, and last: of copies it is open which goes first, the one that ovs-vswitchd has to look up or the other.
    const isOnward = (action: string): boolean => /table=|resubmit/.test(action)
    const last = all.find(isOnward)
    const rest = all.filter((action) => !isOnward(action))
    return chance.percent(12) ? 'drop' : [...rest, ...(last === undefined ? [] : [last])].join(',')
  }
  const lines: string[] = []
  for (let table = 0; table <= TABLES; table++) {
    for (let i = 2 + chance.below(5); i > 0; i--) {
      const isIp = chance.percent(85)
      const tuple = isIp && table > 0 ? maybe(10, original) : ''
      const match = tuple === '' ? list(isIp ? protocol() : '', maybe(table > 0 ? 60 : 15, state), fields())
        : list('ip', `ct_state=+trk-inv,${tuple}`, fields())
      const head = list(`table=${String(table)}`, `priority=${String(10 + 10 * lines.length)}`, match)
      lines.push(`${head} actions=${actions(table, isIp, match.includes('+inv'))}`)
    }
    for (const type of ['ip', 'ipv6']) lines.push(`table=${String(table)},priority=5,${type} actions=${actions(table, true)}`)
    if (chance.percent(60)) lines.push(`table=${String(table)},priority=0 actions=${actions(table, false)}`)
  }
  return `${lines.join('\n')}\n`
}
