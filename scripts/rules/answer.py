#!/usr/bin/env python3
"""Ask a Linux kernel what a ruleset makes of a capture: which packets pass, what each rule counts, what the table holds.

  answer.py CAPTURE FOLDER [--rules FILE] [--rules6 FILE] [--nft FILE] [--clock none|virtual] [--router] [--commands FILE]

To be run as root in a network namespace of its own, or as (part of) the init process of a User Mode Linux that was booted
with time-travel=inf-cpu: then, with --clock virtual, the kernel's clock jumps from packet to packet. answer.sh does either.

CAPTURE is a classic pcap of Ethernet frames, little-endian, in microseconds. Frames from 02:00:00:00:00:01 come in by tap0,
all others by tap1. The two are ports of the bridge br0 (bridge-nf-call-iptables); with --router they are the interfaces of
a router, 10.1.0.254/16 and 10.2.0.254/16, 2001:db8:1::fe/48 and 2001:db8:2::fe/48, with default routes behind tap1. What
has one of its addresses for its source it sends itself. It answers nothing: what its own stack is to be given is thrown
away once it has met all rules and conntrack has confirmed it.

--commands FILE: lines of `FRAME COMMAND`, each run right before that frame (conntrack -D, conntrack -F).

FOLDER gets packets.tsv (frame, nanoseconds, pass or drop), counters.txt (iptables-save -c), counters6.txt, and table.txt
(/proc/net/nf_conntrack, sorted, after each quarter of the packets and at the end); of a router both.pcap too, which holds
each frame as it came in and as it went out. With --nft, rules as `nft -f` reads them, ruleset.json (nft -j list ruleset, before
the first packet) and ruleset.txt (nft -a list ruleset, after the last) in place of the counters.
"""
import os
import socket
import struct
import subprocess
import sys
import time

from machine import frames, libc, put, sh, sleep_until, table, tap

CLIENT = b"\x02\0\0\0\0\x01"
ETHERNET = 14


def as_bridge():
    sh("ip link set lo up; ip link add br0 type bridge mcast_snooping 0 stp_state 0 forward_delay 0; "
       "for i in tap0 tap1; do ip link set $i mtu 65521 master br0; done; ip link set br0 mtu 65521; "
       "for i in all default br0 tap0 tap1; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done; "
       "for i in tap0 tap1 br0; do ip link set $i up; done")
    put("net/bridge/bridge-nf-call-iptables", 1)
    put("net/bridge/bridge-nf-call-ip6tables", 1)


OWN = {socket.inet_pton(socket.AF_INET, a) for a in ("10.1.0.254", "10.2.0.254", "127.0.0.1")} | \
    {socket.inet_pton(socket.AF_INET6, a) for a in ("2001:db8:1::fe", "2001:db8:2::fe", "::1")}
GROUP = 7


def as_router():
    for i in ("all", "default", "tap0", "tap1"):
        for name, value in (("ipv4/conf/%s/rp_filter", 0), ("ipv4/conf/%s/send_redirects", 0), ("ipv4/conf/%s/accept_local", 1),
                            ("ipv6/conf/%s/accept_dad", 0), ("ipv6/conf/%s/router_solicitations", 0),
                            ("ipv6/conf/%s/accept_ra", 0), ("ipv6/conf/%s/addr_gen_mode", 1), ("ipv6/conf/%s/forwarding", 1)):
            put("net/" + name % i, value)
    put("net/ipv4/ip_forward", 1)
    sh("ip link set lo up; ip link set tap0 address 02:00:00:00:00:02 arp off mtu 65521 up; "
       "ip link set tap1 address 02:00:00:00:00:01 arp off mtu 65521 up; "
       "ip address add 10.1.0.254/16 dev tap0; ip address add 10.2.0.254/16 dev tap1; ip route add default dev tap1; "
       "ip -6 address add 2001:db8:1::fe/48 dev tap0 nodad; ip -6 address add 2001:db8:2::fe/48 dev tap1 nodad; "
       "ip -6 route add default dev tap1")
    # Registered before conntrack's hooks of the same priority, it comes behind them.
    sh(f"nft add table inet last; nft 'add chain inet last in {{ type filter hook input priority 2147483647; }}'; "
       f"nft add rule inet last in log group {GROUP} snaplen 64 queue-threshold 1; nft add rule inet last in drop")


class Delivered:
    """What came through INPUT: the kernel logs it over netlink."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.socket.bind((0, 0))
        self.configure(1, bytes([1]))  # bind
        self.socket.setblocking(False)
        self.drain()

    def configure(self, kind, payload):
        attribute = struct.pack("<HH", 4 + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)
        body = struct.pack(">BBH", 0, 0, GROUP) + attribute
        self.socket.send(struct.pack("<IHHII", 16 + len(body), (4 << 8) | 1, 5, 1, 0) + body)

    def drain(self):
        out = []
        while True:
            try:
                message = self.socket.recv(65536)
            except BlockingIOError:
                return out
            if struct.unpack_from("<H", message, 4)[0] == 4 << 8:  # NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET
                out.append(message)


def send_own(frame):
    """Sends a packet of the router's own."""
    packet = frame[ETHERNET:]
    if packet[0] >> 4 == 4:
        family, to = socket.AF_INET, (socket.inet_ntop(socket.AF_INET, packet[16:20]), 0)
    else:
        family, to = socket.AF_INET6, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0)
    if family not in raw:
        raw[family] = socket.socket(family, socket.SOCK_RAW, 255)
    try:
        raw[family].sendto(packet, to)
    except PermissionError:
        pass  # a rule has dropped it


raw = {}


def source_of(frame):
    return frame[ETHERNET + 12:ETHERNET + 16] if frame[12:14] == b"\x08\x00" else frame[ETHERNET + 8:ETHERNET + 24]


def drain(fd):
    """Frames of IP that came out."""
    out = []
    while True:
        try:
            frame = os.read(fd, 70000)
        except BlockingIOError:
            return out
        if frame[12:14] in (b"\x08\x00", b"\x86\xdd"):
            out.append(frame)


def main(argv):
    options = {"rules": "", "rules6": "", "nft": "", "clock": "none", "commands": "", "router": False}
    places = []
    while argv:
        word = argv.pop(0)
        if word == "--router":
            options["router"] = True
        elif word.startswith("--"):
            options[word[2:]] = argv.pop(0)
        else:
            places.append(word)
    capture, folder = places
    virtual = options["clock"] == "virtual"
    taps = [tap("tap0"), tap("tap1")]
    (as_router if options["router"] else as_bridge)()
    delivered = Delivered() if options["router"] else None
    for name, value in (("max", 262144), ("buckets", 65536), ("checksum", 0), ("acct", 1)):
        put("net/netfilter/nf_conntrack_" + name, value)
    if options["nft"]:
        sh("nft -f " + options["nft"])
        with open(folder + "/ruleset.json", "w") as file:
            file.write(sh("nft -j list ruleset"))
    # A rule that asks for a state makes the kernel track, whatever the ruleset at hand.
    for family in () if options["nft"] else ("", "6"):
        if options["rules" + family]:
            sh(f"ip{family}tables-legacy-restore < {options['rules' + family]}")
        sh(f"ip{family}tables-legacy -t filter -N asks-for-state; "
           f"ip{family}tables-legacy -t filter -A asks-for-state -m conntrack --ctstate NEW")
    commands = {}
    if options["commands"]:
        for line in open(options["commands"]):
            number, command = line.strip().split(" ", 1)
            commands[int(number)] = command
    time.sleep(3 if options["router"] else 1)
    for family in ("", "6"):
        sh(f"for t in $(ip{family}tables-legacy-save | sed -n 's/^[*]//p'); do ip{family}tables-legacy -t $t -Z; done")
    for fd in taps:
        drain(fd)
    libc.prctl(29, 1, 0, 0, 0)  # timer slack: 1 ns
    seen = list(frames(capture))
    base = (time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 10**9 + 2) * 10**9
    start = seen[0][1] // 10**9 * 10**9
    quarters = {max(1, len(seen) * part // 4) for part in (1, 2, 3, 4)}
    both = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]

    def keep(frame, ns):
        both.append(struct.pack("<IIII", ns // 10**9, ns % 10**9 // 1000, len(frame), len(frame)) + frame)

    with open(folder + "/packets.tsv", "w") as packets, open(folder + "/table.txt", "w") as tables:
        for number, ns, frame in seen:
            if virtual:
                sleep_until(base + (ns - start) // 10**6 * 10**6 + 50_000)  # inside the tick: waking is up to 15 us late
            if number in commands:
                subprocess.run(commands[number], shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if options["router"] and source_of(frame) in OWN:
                send_own(frame)
            else:
                os.write(taps[0 if frame[6:12] == CLIENT else 1], frame)
                keep(frame, ns)
            passed = drain(taps[0]) + drain(taps[1])
            for out in passed:
                keep(out, ns + 1000)
            if delivered is not None:
                passed += delivered.drain()
            packets.write(f"{number}\t{ns}\t{'pass' if passed else 'drop'}\n")
            if number in quarters:
                tables.write(f"# at frame:{number}\n" + "".join(line + "\n" for line in table()))
    if options["router"]:
        with open(folder + "/both.pcap", "wb") as file:
            file.write(b"".join(both))
    if options["nft"]:
        with open(folder + "/ruleset.txt", "w") as file:
            file.write(sh("nft -a list ruleset"))
    for family in () if options["nft"] else ("", "6"):
        saved = sh(f"ip{family}tables-legacy-save -c")
        with open(f"{folder}/counters{family}.txt", "w") as file:
            file.writelines(line + "\n" for line in saved.splitlines() if line[:1] not in "#" and "asks-for-state" not in line)
    print("done", len(seen), "packets", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
