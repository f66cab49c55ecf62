#!/usr/bin/env python3
"""Ask Open vSwitch on a Linux kernel what flows make of a capture: where packets go, what flows count, what the table holds.

  answer.py CAPTURE FOLDER --flows FILE --ports 1=02:00:00:00:00:01,2

To be run as (part of) the init process of a User Mode Linux that was booted with time-travel=inf-cpu, with ovsdb-server and
ovs-vswitchd running; answer.sh does that. The kernel's clock jumps from packet to packet.

CAPTURE is a classic pcap of Ethernet frames, little-endian, in microseconds. A frame comes in by the port that --ports names
with its source address, or by the one that stands there without an address.

FOLDER gets packets.tsv (frame, nanoseconds, ports the packet left by, or drop), flows.txt (line of FILE, n_packets, n_bytes),
table.txt (/proc/net/nf_conntrack, sorted, after each quarter of the packets), and dump.txt (ovs-appctl dpctl/dump-conntrack at
the end, sorted: it has the labels).
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from machine import frames, libc, put, sh, sleep_until, table, tap  # noqa: E402


def drain(fd):
    count = 0
    while True:
        try:
            os.read(fd, 70000)
        except BlockingIOError:
            return count
        count += 1


def main(argv):
    options, places = {}, []
    while argv:
        word = argv.pop(0)
        if word.startswith("--"):
            options[word[2:]] = argv.pop(0)
        else:
            places.append(word)
    capture, folder = places
    sh("ovs-vsctl --timeout=20 add-br br0 -- set bridge br0 fail_mode=secure")
    taps, stations, other = {}, {}, None
    for part in options["ports"].split(","):
        number, _, mac = part.partition("=")
        if int(number) not in taps:
            name = f"p{number}"
            taps[int(number)] = tap(name)
            put(f"net/ipv6/conf/{name}/disable_ipv6", 1)
            sh(f"ip link set {name} mtu 65521 up; ovs-vsctl add-port br0 {name} -- set interface {name} ofport_request={number}")
        if mac:
            stations[bytes.fromhex(mac.replace(":", ""))] = int(number)
        else:
            other = int(number)
    put("net/ipv6/conf/br0/disable_ipv6", 1)
    for name, value in (("max", 262144), ("buckets", 65536), ("checksum", 0), ("acct", 1)):
        put("net/netfilter/nf_conntrack_" + name, value)
    with open("/run/flows", "w") as file:  # the cookie tells the line
        for number, line in enumerate(open(options["flows"]), 1):
            if line.split("#")[0].strip():
                file.write(f"cookie={number},{line}")
    sh("ovs-ofctl del-flows br0; ovs-ofctl add-flows br0 /run/flows")
    time.sleep(2)
    for fd in taps.values():
        drain(fd)
    libc.prctl(29, 1, 0, 0, 0)  # timer slack: 1 ns
    seen = list(frames(capture))
    base = (time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 10**9 + 2) * 10**9
    start = seen[0][1] // 10**9 * 10**9
    quarters = {max(1, len(seen) * part // 4) for part in (1, 2, 3, 4)}
    with open(folder + "/packets.tsv", "w") as packets, open(folder + "/table.txt", "w") as tables:
        for number, ns, frame in seen:
            moment = base + (ns - start) // 10**6 * 10**6 + 50_000  # inside the tick: waking is up to 15 us late
            sleep_until(moment)
            entered = stations.get(frame[6:12], other)
            os.write(taps[entered], frame)
            sleep_until(moment + 50_000)  # time stands still while ovs-vswitchd works
            left = [str(port) for port, fd in sorted(taps.items()) for _ in range(drain(fd))]
            packets.write(f"{number}\t{ns}\t{','.join(left) or 'drop'}\n")
            if number in quarters:
                tables.write(f"# at frame:{number}\n" + "".join(line + "\n" for line in table()))
    with open(folder + "/dump.txt", "w") as file:
        file.writelines(line + "\n" for line in sorted(sh("ovs-appctl dpctl/dump-conntrack").splitlines()))
    time.sleep(2)
    sh("ovs-appctl revalidator/wait")
    with open(folder + "/flows.txt", "w") as file:
        found = re.findall(r"cookie=(0x[0-9a-f]+),.* n_packets=(\d+), n_bytes=(\d+),", sh("ovs-ofctl dump-flows br0"))
        for cookie, packets, count in sorted(found, key=lambda one: int(one[0], 16)):
            file.write(f"{int(cookie, 16)} {packets} {count}\n")
    print("done", len(seen), "packets", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
