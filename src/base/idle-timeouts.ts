// How long devices remember a connection that is silent: defaults, by their makers' own documents.

/** Seconds of silence after which a connection is forgotten. */
export interface IdleTimeouts {
  readonly name: string
  readonly what: string
  readonly tcp: number
  /** Of a flow that has been answered. */
  readonly udp: number
  /** Where the numbers stand. */
  readonly source: string
}

export const IDLE_TIMEOUTS: readonly IdleTimeouts[] = [
  {
    name: 'linux', what: 'Linux 6.12 conntrack', tcp: 432_000, udp: 120,
    source: 'Documentation/networking/nf_conntrack-sysctl.rst',
  },
  {
    name: 'ipvs', what: 'Linux IPVS', tcp: 900, udp: 300,
    source: 'tcp_timeouts[], udp_timeouts[] in net/netfilter/ipvs, v6.12',
  },
  {
    name: 'aws-nitro', what: 'AWS security groups, Nitro v6', tcp: 350, udp: 180,
    source: 'Amazon EC2 guide: security group connection tracking',
  },
  {
    name: 'aws-nlb', what: 'AWS Network Load Balancer', tcp: 350, udp: 120,
    source: 'Elastic Load Balancing guide: connection idle timeout',
  },
  {
    name: 'gcp', what: 'Google Cloud VPC firewall', tcp: 600, udp: 600,
    source: 'Cloud NGFW guide: VPC firewall rules, connection tracking',
  },
  {
    name: 'gcp-nat', what: 'Google Cloud NAT', tcp: 1200, udp: 30,
    source: 'Cloud NAT guide: NAT timeouts',
  },
  {
    name: 'azure', what: 'Azure Load Balancer, NAT gateway', tcp: 240, udp: 240,
    source: 'Azure guides: TCP reset and idle timeout; NAT gateway',
  },
  {
    name: 'pf', what: 'pf of BSD', tcp: 86_400, udp: 60,
    source: 'pf.conf(5): tcp.established, udp.multiple',
  },
  {
    name: 'cisco-asa', what: 'Cisco ASA', tcp: 3600, udp: 120,
    source: 'ASA command reference: timeout conn, timeout udp',
  },
  {
    name: 'fortigate', what: 'FortiGate', tcp: 3600, udp: 180,
    source: 'FortiOS CLI reference: session-ttl, udp-idle-timer',
  },
  {
    name: 'palo-alto', what: 'Palo Alto', tcp: 3600, udp: 30,
    source: 'PAN-OS guide: session timeouts',
  },
  {
    name: 'juniper-srx', what: 'Juniper SRX', tcp: 1800, udp: 60,
    source: 'Junos guide: session timeouts of applications',
  },
]

/** Seconds between keep-alives that such a device never takes for silence: half its timeout, so that one may be lost. */
export const keepAliveFor = (timeout: number): number => Math.floor(timeout / 2)
