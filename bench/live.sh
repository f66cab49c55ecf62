#!/usr/bin/env bash
# bench/live.sh [SECONDS [PACKETS_A_SECOND [CONNECTIONS_A_SECOND [SOURCE…]]]]
#
# What `live` loses, and whether its memory stays flat: a sender (blast.c) and the program, in two network namespaces with a
# cable between them. Prints for each source how many packets were sent, taken and lost, and resident memory at tenths of the
# run. Root, iproute2 and a C compiler are needed; the project must be built.

set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10} rate=${2:-300000} births=${3:-200}
shift $(($# < 3 ? $# : 3))
sources=("${@:-tcpdump}")

work=$(mktemp -d)
from=pct-from-$$ to=pct-to-$$
cleanup() {
  ip netns del "$from" 2>/dev/null || true
  ip netns del "$to" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
cc -O2 -Wall -o "$work/blast" bench/blast.c
ip netns add "$from"
ip netns add "$to"
ip link add out netns "$from" type veth peer name in netns "$to"
ip -n "$from" addr add 10.9.0.1/24 dev out
ip -n "$from" link set out up
ip -n "$to" addr add 10.9.0.2/24 dev in
ip -n "$to" link set in up

for source in "${sources[@]}"; do
  echo "== $source, $seconds s, $rate packets/s, $births new connections/s"
  ip netns exec "$to" node bin/pcap-conntrack.js live -i in --source "$source" --every 10s udp >/dev/null 2>"$work/said" &
  live=$!
  until grep -q through "$work/said"; do kill -0 "$live" || { cat "$work/said"; exit 1; }; sleep 0.1; done
  sleep 1
  ip netns exec "$from" "$work/blast" 10.9.0.2 "$rate" "$seconds" "$births" >"$work/sent" &
  sender=$!
  for _ in 1 2 3 4 5 6 7 8 9; do
    sleep "$(node -p "$seconds / 10")"
    printf '%s MB  ' "$(awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$live/status")"
  done
  echo resident
  wait "$sender"
  sleep 2
  kill -INT "$live"
  wait "$live"
  echo "sent $(cat "$work/sent"); $(grep -o '[0-9]* frames, .*' "$work/said" | tail -1)"
done
