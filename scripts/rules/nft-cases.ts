// Rulesets of nftables that are recorded, with the traffic they are shown. Those that need modules which a kernel of the capture's
// clock may lack (limit, quota, reject, fib) are asked of the running kernel, packets back to back.

import { makeTraffic } from './generate.ts'
import { makeNftRules } from './generate-nft.ts'

interface NftCase {
  readonly capture: () => Uint8Array
  /** As `nft -f` reads it. */
  readonly rules: string
  readonly hasClock: boolean
  readonly isRouter: boolean
}

/** The firewall of a router: established first, new ones by a map of ports, the rest counted and dropped. */
const STATEFUL = `
table inet fw {
  set servers { type ipv4_addr; flags interval; elements = { 10.2.0.1-10.2.0.3, 10.2.0.5 }
  }
  map services { type inet_service : verdict; elements = { 22 : jump ssh, 80 : accept, 443 : accept, 8080 : continue }
  }
  chain ssh {
    ip saddr 10.1.0.1 counter accept comment "the admin"
    counter return
  }
  chain forward { type filter hook forward priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    ip daddr @servers tcp flags syn / fin,syn,rst,ack tcp dport vmap @services
    meta l4proto { tcp, udp } th dport 53 counter accept
    icmp type echo-request counter accept
    icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert } counter accept
    counter comment "the rest"
  }
}
`

/** Several chains at one hook, on both sides of conntrack: what each sees. */
const ORDER = `
table inet early {
  chain first { type filter hook prerouting priority -500;
    ct state invalid counter
    ct state { new, untracked } counter
  }
  chain raw { type filter hook prerouting priority raw;
    udp dport 53 counter notrack
    udp sport 53 counter notrack
    ip saddr 10.1.0.3 counter ct zone set 5
    ip daddr 10.1.0.3 counter ct zone set 5
    ct state untracked counter
    ct state new counter
  }
  chain at { type filter hook prerouting priority -200;
    ct state invalid counter
    ct zone 5 counter
  }
}
table inet fw {
  chain accepts { type filter hook forward priority -5; policy accept;
    ct state new tcp dport 443 counter accept
    ip daddr 10.2.0.4 counter drop
  }
  chain drops { type filter hook forward priority 5; policy drop;
    counter
    ct state untracked counter accept
    tcp dport 443 ct direction original counter drop
    ct state new,established,related counter accept
  }
  chain post { type filter hook postrouting priority 0;
    ct status confirmed counter
    ct zone 5 counter
  }
}
table ip old {
  chain forward { type filter hook forward priority 0; policy accept;
    ip protocol != tcp counter
    tcp dport != 80 counter
  }
}
`

/** Expressions of all kinds, and objects of a name. */
const EXPRESSIONS = `
table inet fw {
  set seen { type ipv4_addr; flags interval; elements = { 10.1.0.1-10.1.0.3, 10.2.0.0/30 }
  }
  counter hits {
  }
  quota most { over 5 kbytes
  }
  limit few { rate 1/hour burst 7 packets
  }
  ct helper ftp-standard { type "ftp" protocol tcp;
  }
  chain inner {
    ct state invalid counter drop
    limit name "few" counter accept
    goto deep
  }
  chain deep {
    counter
    ip saddr 10.1.0.4 return
    ip6 saddr 2001:db8:1::4 counter drop
  }
  chain mangle { type filter hook prerouting priority mangle;
    ct state new tcp dport 22 ct helper set "ftp-standard" counter
    meta mark set ct mark
    meta mark 0 meta mark set 0x100
    ct mark set meta mark | 0x7
    meta mark set ip daddr map { 10.2.0.1 : 0x10, 10.2.0.2-10.2.0.4 : 0x20 } counter
    ip dscp set ef
    fib daddr type { local, multicast } counter
  }
  chain forward { type filter hook forward priority filter; policy drop;
    limit rate 1/day burst 20 packets counter
    limit rate over 1/day burst 20 packets counter
    limit rate 100 bytes/day burst 1000 bytes counter
    counter name "hits"
    quota over 2000 bytes counter
    quota 3000 bytes counter
    quota name "most" counter
    ip dscp ef counter
    meta pkttype host counter
    tcp flags syn / syn,ack,fin counter
    tcp flags ! syn,ack counter
    tcp flags { syn | ack, ack, rst } counter
    tcp flags != syn counter
    ct original packets > 2 counter
    ct reply bytes 100-500 counter
    ct avgpkt >= 100 counter
    ct l3proto ipv6 counter
    ct protocol { tcp, 99 } counter
    ct status seen-reply,assured counter
    ct status & (seen-reply|assured) == seen-reply counter
    ct direction vmap { original : jump inner, reply : jump inner }
    ip saddr @seen counter
    tcp doff 5 counter
    icmp type destination-unreachable icmp code port-unreachable counter
    icmp id 40000-40400 counter
    icmpv6 type { destination-unreachable, echo-request } icmpv6 code port-unreachable counter
    ip6 hoplimit 64 ip6 nexthdr { tcp, udp } counter
    ether saddr 02:00:00:00:00:01 counter
    ether daddr & 00:00:00:00:00:ff == 00:00:00:00:00:02 counter
    meta protocol . ct state { ip . new, ip6 . established } counter
    ip saddr . ip daddr . meta l4proto { 10.1.0.0/30 . 10.2.0.1-10.2.0.3 . tcp, 10.1.0.1-10.1.0.9 . 10.2.0.4 . udp } counter
    ip saddr . tcp dport vmap { 10.1.0.1 . 22 : drop, 10.1.0.2 . 80 : continue }
    udp length > 20 counter
    @th,0,16 40050-40399 counter
    reject with tcp reset
    meta l4proto udp reject
    ct state new,established,related accept
  }
  chain post { type filter hook postrouting priority 300;
    ct mark & 0xff == 0x7 counter
    meta mark != 0 counter
    ct original ip saddr 10.1.0.0/30 counter
    ct state untracked counter drop
  }
}
`

/** What a cluster's node makes of a service: verdict maps on the way to an endpoint, and a mark for what is masqueraded. */
const SERVICE = `
table ip services {
  map endpoints { type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.2.0.1 . tcp . 80 : goto web, 10.2.0.2 . tcp . 443 : goto web }
  }
  chain web {
    ip saddr 10.1.0.2 counter meta mark set meta mark | 0x4000
    meta l4proto tcp counter dnat to 10.2.0.6:8080
  }
  chain raw { type filter hook prerouting priority raw;
    ip saddr . meta l4proto . th sport { 10.2.0.1 . tcp . 80, 10.2.0.2 . tcp . 443 } counter drop comment "past the translation"
    udp sport 53 counter drop
  }
  chain prerouting { type nat hook prerouting priority dstnat;
    counter
    ip daddr . meta l4proto . th dport vmap @endpoints
    udp dport 53 counter dnat to 10.2.0.5
  }
  chain postrouting { type nat hook postrouting priority srcnat;
    meta mark & 0x4000 == 0 counter return
    counter snat to 10.2.0.200
  }
  chain forward { type filter hook forward priority filter;
    ct status dnat counter
    ip daddr 10.2.0.6 tcp dport 8080 ct original ip daddr 10.2.0.1 counter
    ct state invalid counter drop
  }
}
table ip6 asks {
  chain forward { type filter hook forward priority filter;
    ct state new counter
  }
}
`

const onClock = (rules: string, seed: number, isRouter = false): NftCase =>
  ({ capture: () => makeTraffic(seed, 40), rules, hasClock: true, isRouter })

export const NFT_CASES: Readonly<Record<string, NftCase>> = {
  stateful: onClock(STATEFUL, 911),
  order: onClock(ORDER, 912),
  expressions: { capture: () => makeTraffic(913, 40, false), rules: EXPRESSIONS, hasClock: false, isRouter: false },
  service: onClock(SERVICE, 914, true),
  ...Object.fromEntries([14, 25, 32].map((seed) => [`random-${String(seed)}`, onClock(makeNftRules(seed), seed)])),
}
