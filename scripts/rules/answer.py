#!/usr/bin/env python3
"""Ask a Linux kernel what a ruleset makes of a capture: which packets pass, what each rule counts, what the table holds.

  answer.py CAPTURE FOLDER [--rules FILE] [--rules6 FILE] [--clock none|virtual] [--router]

To be run as root in a network namespace of its own, or as (part of) the init process of a User Mode Linux that was booted
with time-travel=inf-cpu: then, with --clock virtual, the kernel's clock jumps from packet to packet. answer.sh does either.

CAPTURE is a classic pcap of Ethernet frames, little-endian, in microseconds. Frames from 02:00:00:00:00:01 come in by tap0,
all others by tap1. The two are ports of the bridge br0 (bridge-nf-call-iptables); with --router they are the interfaces of
a router, 10.1.0.254/16 and 10.2.0.254/16, with a default route behind tap1.

FOLDER gets packets.tsv (frame, nanoseconds, pass or drop), counters.txt (iptables-save -c), counters6.txt, and table.txt
(/proc/net/nf_conntrack, sorted, after each quarter of the packets and at the end).
"""
import ctypes
import fcntl
import os
import struct
import subprocess
import sys
import time

libc = ctypes.CDLL(None)
CLIENT = b"\x02\0\0\0\0\x01"
ETHERNET = 14


def sh(command):
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print("FAILED", command, done.stdout, flush=True)
        sys.exit(1)
    return done.stdout


def put(path, value):
    try:
        with open("/proc/sys/" + path, "w") as file:
            file.write(str(value))
    except PermissionError:
        pass  # one for all namespaces, and large enough as it is


def tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x0002 | 0x1000))
    return fd


def frames(path):
    data = open(path, "rb").read()
    at = 24
    number = 0
    while at < len(data):
        sec, usec, captured, _ = struct.unpack_from("<IIII", data, at)
        number += 1
        yield number, sec * 10**9 + usec * 1000, data[at + 16:at + 16 + captured]
        at += 16 + captured


def as_bridge():
    sh("ip link set lo up; ip link add br0 type bridge mcast_snooping 0 stp_state 0 forward_delay 0; "
       "for i in tap0 tap1; do ip link set $i mtu 65521 master br0; done; ip link set br0 mtu 65521; "
       "for i in all default br0 tap0 tap1; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done; "
       "for i in tap0 tap1 br0; do ip link set $i up; done")
    put("net/bridge/bridge-nf-call-iptables", 1)
    put("net/bridge/bridge-nf-call-ip6tables", 1)


def as_router():
    sh("ip link set lo up; for i in all default tap0 tap1; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; "
       "echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done; "
       "ip link set tap0 address 02:00:00:00:00:02 arp off up; ip link set tap1 address 02:00:00:00:00:01 arp off up; "
       "ip address add 10.1.0.254/16 dev tap0; ip address add 10.2.0.254/16 dev tap1; ip route add default dev tap1; "
       "echo 1 > /proc/sys/net/ipv4/ip_forward")


def drain(fd):
    """Frames of IP that came out."""
    out = []
    while True:
        try:
            frame = os.read(fd, 70000)
        except BlockingIOError:
            return out
        if frame[12:14] in (b"\x08\x00", b"\x86\xdd"):
            out.append(frame[ETHERNET:])


def table():
    """Read until three readings agree: a reading that throws out expired entries may skip live ones."""
    last, same = None, 0
    while same < 2:
        now = sorted(line.strip() for line in open("/proc/net/nf_conntrack"))
        same = same + 1 if now == last else 0
        last = now
    return last


def sleep_until(ns):
    moment = (ctypes.c_long * 2)(ns // 10**9, ns % 10**9)
    while libc.clock_nanosleep(1, 1, moment, None) == 4:
        pass


def main(argv):
    options = {"rules": "", "rules6": "", "clock": "none", "router": False}
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
    for name, value in (("max", 262144), ("buckets", 65536), ("checksum", 0), ("acct", 1)):
        put("net/netfilter/nf_conntrack_" + name, value)
    # A rule that asks for a state makes the kernel track, whatever the ruleset at hand.
    for family in ("", "6"):
        if options["rules" + family]:
            sh(f"ip{family}tables-legacy-restore < {options['rules' + family]}")
        sh(f"ip{family}tables-legacy -t filter -N asks-for-state; "
           f"ip{family}tables-legacy -t filter -A asks-for-state -m conntrack --ctstate NEW")
    time.sleep(1)
    for fd in taps:
        drain(fd)
    libc.prctl(29, 1, 0, 0, 0)  # timer slack: 1 ns
    seen = list(frames(capture))
    base = (time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 10**9 + 2) * 10**9
    start = seen[0][1] // 10**9 * 10**9
    quarters = {max(1, len(seen) * part // 4) for part in (1, 2, 3, 4)}
    with open(folder + "/packets.tsv", "w") as packets, open(folder + "/table.txt", "w") as tables:
        for number, ns, frame in seen:
            if virtual:
                sleep_until(base + (ns - start) // 10**6 * 10**6 + 50_000)  # inside the tick: waking is up to 15 us late
            os.write(taps[0 if frame[6:12] == CLIENT else 1], frame)
            passed = drain(taps[0]) + drain(taps[1])
            packets.write(f"{number}\t{ns}\t{'pass' if passed else 'drop'}\n")
            if number in quarters:
                tables.write(f"# at frame:{number}\n" + "".join(line + "\n" for line in table()))
    for family in ("", "6"):
        saved = sh(f"ip{family}tables-legacy-save -c")
        with open(f"{folder}/counters{family}.txt", "w") as file:
            file.writelines(line + "\n" for line in saved.splitlines() if line[:1] not in "#" and "asks-for-state" not in line)
    print("done", len(seen), "packets", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
