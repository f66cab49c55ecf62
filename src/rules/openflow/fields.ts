// The fields that flows match and set: where each lies in a packet's key, how its values are written, what it needs.
//
// A key is an array of words. A field of more than 32 bits is several of them, the highest first. Names: ovs-fields(7).

/** How values are written. */
export type FieldKind = 'number' | 'port' | 'mac' | 'ipv4' | 'ipv6' | 'ct_state' | 'tcp_flags' | 'nw_frag'

/** What a flow must ask for beside the field; without it Open vSwitch leaves the field out of the match. */
export type Prerequisite = 'none' | 'network' | 'ip' | 'ipv4' | 'ipv6' | 'ports' | 'tcp' | 'arp' | 'nd' | 'vlan' | 'ct'

/** What an action may do to a field. */
export type Write =
  /** Nothing: it says what the packet is. */
  'never' |
  /** Anything: a register, or a part of the frame that conntrack does not read. */
  'free' |
  /** In the `exec` of a ct action alone. */
  'exec' |
  /** It would be another packet for conntrack: not supported. */
  'packet'

export interface Field {
  readonly name: string
  readonly kind: FieldKind
  /** First word in the key. */
  readonly word: number
  readonly bits: number
  /** Lowest bit of the field within its word. */
  readonly shift: number
  readonly needs: Prerequisite
  readonly write: Write
}

type Row = readonly [names: string, kind: FieldKind, bits: number, needs: Prerequisite, write: Write]

// Names of one field in one string; the first is the one it is printed under. `same as` rows are other views of words above.
const ROWS: readonly Row[] = [
  ['in_port NXM_OF_IN_PORT OXM_OF_IN_PORT in_port_oxm', 'port', 16, 'none', 'free'],
  ['dl_src eth_src NXM_OF_ETH_SRC OXM_OF_ETH_SRC', 'mac', 48, 'none', 'free'],
  ['dl_dst eth_dst NXM_OF_ETH_DST OXM_OF_ETH_DST', 'mac', 48, 'none', 'free'],
  ['dl_type eth_type NXM_OF_ETH_TYPE OXM_OF_ETH_TYPE', 'number', 16, 'none', 'never'],
  ['vlan_tci NXM_OF_VLAN_TCI', 'number', 16, 'none', 'free'],
  ['nw_proto ip_proto NXM_OF_IP_PROTO OXM_OF_IP_PROTO', 'number', 8, 'network', 'never'],
  ['nw_tos NXM_OF_IP_TOS', 'number', 8, 'ip', 'free'],
  ['nw_ttl NXM_NX_IP_TTL OXM_OF_IP_TTL', 'number', 8, 'ip', 'free'],
  ['nw_frag ip_frag NXM_NX_IP_FRAG', 'nw_frag', 8, 'ip', 'never'],
  ['nw_src ip_src NXM_OF_IP_SRC OXM_OF_IPV4_SRC', 'ipv4', 32, 'ipv4', 'packet'],
  ['nw_dst ip_dst NXM_OF_IP_DST OXM_OF_IPV4_DST', 'ipv4', 32, 'ipv4', 'packet'],
  ['ipv6_src NXM_NX_IPV6_SRC OXM_OF_IPV6_SRC', 'ipv6', 128, 'ipv6', 'packet'],
  ['ipv6_dst NXM_NX_IPV6_DST OXM_OF_IPV6_DST', 'ipv6', 128, 'ipv6', 'packet'],
  ['ipv6_label NXM_NX_IPV6_LABEL OXM_OF_IPV6_FLABEL', 'number', 20, 'ipv6', 'free'],
  ['tp_src', 'number', 16, 'ports', 'packet'],
  ['tp_dst', 'number', 16, 'ports', 'packet'],
  ['tcp_flags NXM_NX_TCP_FLAGS OXM_ONF_TCP_FLAGS', 'tcp_flags', 12, 'tcp', 'never'],
  ['arp_sha NXM_NX_ARP_SHA OXM_OF_ARP_SHA', 'mac', 48, 'arp', 'free'],
  ['arp_tha NXM_NX_ARP_THA OXM_OF_ARP_THA', 'mac', 48, 'arp', 'free'],
  ['nd_target NXM_NX_ND_TARGET OXM_OF_IPV6_ND_TARGET', 'ipv6', 128, 'nd', 'free'],
  ['nd_sll NXM_NX_ND_SLL OXM_OF_IPV6_ND_SLL', 'mac', 48, 'nd', 'free'],
  ['nd_tll NXM_NX_ND_TLL OXM_OF_IPV6_ND_TLL', 'mac', 48, 'nd', 'free'],
  ['metadata OXM_OF_METADATA', 'number', 64, 'none', 'free'],
  ['tun_id tunnel_id NXM_NX_TUN_ID OXM_OF_TUNNEL_ID', 'number', 64, 'none', 'free'],
  ['pkt_mark NXM_NX_PKT_MARK', 'number', 32, 'none', 'free'],
  ['conj_id NXM_NX_CONJ_ID', 'number', 32, 'none', 'never'],
  ['ct_state NXM_NX_CT_STATE', 'ct_state', 32, 'none', 'never'],
  ['ct_zone NXM_NX_CT_ZONE', 'number', 16, 'none', 'never'],
  ['ct_mark NXM_NX_CT_MARK', 'number', 32, 'none', 'exec'],
  ['ct_label NXM_NX_CT_LABEL', 'number', 128, 'none', 'exec'],
  ['ct_nw_proto NXM_NX_CT_NW_PROTO', 'number', 8, 'ct', 'never'],
  ['ct_nw_src NXM_NX_CT_NW_SRC', 'ipv4', 32, 'ct', 'never'],
  ['ct_nw_dst NXM_NX_CT_NW_DST', 'ipv4', 32, 'ct', 'never'],
  ['ct_ipv6_src NXM_NX_CT_IPV6_SRC', 'ipv6', 128, 'ct', 'never'],
  ['ct_ipv6_dst NXM_NX_CT_IPV6_DST', 'ipv6', 128, 'ct', 'never'],
  ['ct_tp_src NXM_NX_CT_TP_SRC', 'number', 16, 'ct', 'never'],
  ['ct_tp_dst NXM_NX_CT_TP_DST', 'number', 16, 'ct', 'never'],
  ...Array.from({ length: 16 }, (_, i): Row => [`reg${String(i)} NXM_NX_REG${String(i)}`, 'number', 32, 'none', 'free']),
]

const FIELDS = new Map<string, Field>()
let words = 0
for (const [names, kind, bits, needs, write] of ROWS) {
  const [name = ''] = names.split(' ')
  const field = { name, kind, word: words, bits, shift: 0, needs, write }
  for (const each of names.split(' ')) FIELDS.set(each.toLowerCase(), field)
  words += Math.ceil(bits / 32)
}

/** Words of a key. */
export const KEY_WORDS = words

/** Adds a view of words that another field has. */
function view(names: string, of: string, change: Partial<Field>): void {
  const [name = ''] = names.split(' ')
  const field = { ...fieldOf(of), name, ...change }
  for (const each of names.split(' ')) FIELDS.set(each.toLowerCase(), field)
}

/** The field of a name that is known to be one. */
function fieldOf(name: string): Field {
  const field = FIELDS.get(name)
  if (field === undefined) throw new Error(`no field ${name}`)
  return field
}

// Open vSwitch keeps all of these in one place too, and does not mind which name a flow uses.
for (const [protocol, prefix] of [['tcp', 'TCP'], ['udp', 'UDP'], ['sctp', 'SCTP']] as const) {
  view(`${protocol}_src NXM_OF_${prefix}_SRC OXM_OF_${prefix}_SRC`, 'tp_src', {})
  view(`${protocol}_dst NXM_OF_${prefix}_DST OXM_OF_${prefix}_DST`, 'tp_dst', {})
}
view('icmp_type NXM_OF_ICMP_TYPE OXM_OF_ICMPV4_TYPE', 'tp_src', { bits: 8 })
view('icmp_code NXM_OF_ICMP_CODE OXM_OF_ICMPV4_CODE', 'tp_dst', { bits: 8 })
view('icmpv6_type NXM_NX_ICMPV6_TYPE OXM_OF_ICMPV6_TYPE', 'tp_src', { bits: 8 })
view('icmpv6_code NXM_NX_ICMPV6_CODE OXM_OF_ICMPV6_CODE', 'tp_dst', { bits: 8 })
view('arp_op NXM_OF_ARP_OP OXM_OF_ARP_OP', 'nw_proto', { bits: 16, write: 'free' })
view('arp_spa NXM_OF_ARP_SPA OXM_OF_ARP_SPA', 'nw_src', { write: 'free' })
view('arp_tpa NXM_OF_ARP_TPA OXM_OF_ARP_TPA', 'nw_dst', { write: 'free' })
view('ip_dscp OXM_OF_IP_DSCP', 'nw_tos', { shift: 2, bits: 6 })
view('nw_ecn ip_ecn NXM_NX_IP_ECN OXM_OF_IP_ECN', 'nw_tos', { bits: 2 })
view('vlan_vid OXM_OF_VLAN_VID', 'vlan_tci', { bits: 13 })
view('vlan_pcp OXM_OF_VLAN_PCP', 'vlan_tci', { shift: 13, bits: 3, needs: 'vlan' })
for (let i = 0; i < 8; i++) view(`xreg${String(i)} OXM_OF_PKT_REG${String(i)}`, `reg${String(2 * i)}`, { bits: 64 })
for (let i = 0; i < 4; i++) view(`xxreg${String(i)} NXM_NX_XXREG${String(i)}`, `reg${String(4 * i)}`, { bits: 128 })

/** Finds a field by any of its names; case does not matter. */
export function findField(name: string): Field | null {
  return FIELDS.get(name.toLowerCase()) ?? null
}

/** All names, for who misspells one. */
export const fieldNames = (): string[] => [...FIELDS.keys()]

// Words of the key that are read by name.
const at = (name: string): number => fieldOf(name).word
export const IN_PORT = at('in_port')
export const DL_SRC = at('dl_src')
export const DL_DST = at('dl_dst')
export const DL_TYPE = at('dl_type')
export const VLAN_TCI = at('vlan_tci')
export const NW_PROTO = at('nw_proto')
export const NW_TOS = at('nw_tos')
export const NW_TTL = at('nw_ttl')
export const NW_SRC = at('nw_src')
export const NW_DST = at('nw_dst')
export const IPV6_SRC = at('ipv6_src')
export const IPV6_DST = at('ipv6_dst')
export const IPV6_LABEL = at('ipv6_label')
export const TP_SRC = at('tp_src')
export const TP_DST = at('tp_dst')
export const TCP_FLAGS = at('tcp_flags')
export const ARP_SHA = at('arp_sha')
export const ARP_THA = at('arp_tha')
export const ND_TARGET = at('nd_target')
export const ND_SLL = at('nd_sll')
export const ND_TLL = at('nd_tll')
export const CONJ_ID = at('conj_id')
/** First of the conntrack fields, and the first word behind them: they lie together. */
export const CT_FIRST = at('ct_state')
export const CT_END = at('reg0')
export const CT_STATE = at('ct_state')
export const CT_ZONE = at('ct_zone')
export const CT_MARK = at('ct_mark')
export const CT_LABEL = at('ct_label')
export const CT_NW_PROTO = at('ct_nw_proto')
export const CT_NW_SRC = at('ct_nw_src')
export const CT_NW_DST = at('ct_nw_dst')
export const CT_IPV6_SRC = at('ct_ipv6_src')
export const CT_IPV6_DST = at('ct_ipv6_dst')
export const CT_TP_SRC = at('ct_tp_src')
export const CT_TP_DST = at('ct_tp_dst')

/** Bit of the TCI that says there is a tag: where the wire has the CFI. */
export const VLAN_PRESENT = 0x1000

// Bits of ct_state. Source: ovs-fields(7).
export const CS_NEW = 0x01
export const CS_EST = 0x02
export const CS_REL = 0x04
export const CS_RPL = 0x08
export const CS_INV = 0x10
export const CS_TRK = 0x20
export const CS_SNAT = 0x40
export const CS_DNAT = 0x80
export const CT_STATE_BITS: Readonly<Record<string, number>> = {
  new: CS_NEW, est: CS_EST, rel: CS_REL, rpl: CS_RPL, inv: CS_INV, trk: CS_TRK, snat: CS_SNAT, dnat: CS_DNAT,
}

/** `+trk+new`, in Open vSwitch's order; of untracked packets `-trk`. */
export function ctStateText(state: number): string {
  if ((state & CS_TRK) === 0) return '-trk'
  return Object.entries(CT_STATE_BITS).filter(([, bit]) => (state & bit) !== 0).map(([name]) => `+${name}`).join('')
}
