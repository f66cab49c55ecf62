#!/bin/bash
# Tables of the running kernel, and the traffic that made them: a client, a router that tracks and translates, a server, each in
# a network namespace, with real TCP stacks.
#
#     scripts/tables/record-tables.sh OUT_DIR
#
# Needs root, iproute2, nftables, conntrack, tcpdump, python3. Writes OUT_DIR/inside.pcap and outside.pcap (the router's two sides), and
# for each of two instants N: N.time (seconds since the epoch), N.proc (/proc/net/nf_conntrack), N.FORM (conntrack -L in each form).
# Ports, times and identifiers differ from run to run.
set -eu
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"; out=$(readlink -f "$1")
tmp=$(mktemp -d)
client=tables-client-$$ router=tables-router-$$ server=tables-server-$$
started=()

finish() {
  [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  for ns in "$client" "$router" "$server"; do ip netns del "$ns" 2>/dev/null || true; done
  rm -rf "$tmp"
}
trap finish EXIT

for ns in "$client" "$router" "$server"; do
  ip netns add "$ns"
  ip -n "$ns" link set lo up
done
ip link add eth0 netns "$client" type veth peer name inside netns "$router"
ip link add eth0 netns "$server" type veth peer name outside netns "$router"
# NS DEVICE V4 V6
while read -r ns dev v4 v6; do
  ip -n "$ns" addr add "$v4/24" dev "$dev"
  ip -n "$ns" addr add "$v6/64" dev "$dev" nodad
  ip -n "$ns" link set "$dev" gso_max_segs 1
  ip -n "$ns" link set "$dev" up
done <<END
$client eth0 10.7.1.2 fd07:1::2
$router inside 10.7.1.1 fd07:1::1
$router outside 10.7.2.1 fd07:2::1
$server eth0 10.7.2.2 fd07:2::2
END
ip -n "$client" addr add 10.7.1.3/24 dev eth0
ip -n "$client" route add default via 10.7.1.1
ip -n "$client" route add default via fd07:1::1
ip -n "$server" route add default via 10.7.2.1
ip -n "$server" route add default via fd07:2::1
ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
  net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1
# 10.7.1.3 is masqueraded; port 8080 of the router leads to the server; port 99 is dropped before its entry is confirmed.
ip netns exec "$router" nft -f - <<'END'
table ip nat {
  chain before { type nat hook prerouting priority -100
    ip daddr 10.7.1.1 tcp dport 8080 dnat to 10.7.2.2:80
  }
  chain after { type nat hook postrouting priority 100
    ip saddr 10.7.1.3 oifname "outside" masquerade
  }
}
table inet rules {
  chain forward { type filter hook forward priority 0
    udp dport 99 drop
    ct state established accept
    tcp dport 80 ct mark set 7
  }
}
END
ip netns exec "$server" nft -f - <<'END'
table inet rules {
  chain input { type filter hook input priority 0
    tcp dport 82 drop
  }
}
END
ip netns exec "$server" python3 "$here/talk.py" serve & started+=($!)
for side in inside outside; do
  ip netns exec "$router" tcpdump -i $side -s 96 -U --immediate-mode -w "$tmp/$side.pcap" 'not arp and not (icmp6 and ip6[40] >= 130)' 2>"$tmp/$side.log" &
  started+=($!)
  for _ in $(seq 50); do grep -q listening "$tmp/$side.log" && break; sleep 0.1; done
done

take() {
  cd "$out"
  on_router() { ip netns exec "$router" "$@"; }
  date +%s.%N >"$1.time"
  on_router cat /proc/net/nf_conntrack >"$1.proc"
  on_router conntrack -L >"$1.conntrack" 2>/dev/null
  on_router conntrack -L -o extended >"$1.extended" 2>/dev/null
  on_router conntrack -L -o extended,id >"$1.id" 2>/dev/null
  on_router conntrack -L -o xml >"$1.xml" 2>/dev/null
  cd - >/dev/null
}

mkfifo "$tmp/steps"
ip netns exec "$client" python3 "$here/talk.py" talk "$tmp/steps" & started+=($!)
exec 3<"$tmp/steps"
read -r _ <&3; take 1
read -r _ <&3; take 2
sleep 0.3
kill "${started[@]:1:2}"; sleep 0.3
cp "$tmp"/*.pcap "$out"
uname -r >"$out/kernel"
