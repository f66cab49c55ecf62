#!/usr/bin/env python3
"""Asks the running kernel what its connection tracker makes of IP packets.

A bridge of two tap devices stands in a network namespace of its own, and bridge-nf-call-iptables sends what crosses it
through netfilter: no routing, no TTL, no stack that answers. Rules write the state of each packet into its type of service,
where it is read when the packet comes out. Log lines of invalid packets come over a netlink socket of the namespace, so
nothing outside of it is touched. Started by client.ts as `unshare --net --mount python3 namespace.py`; needs root, Python 3
and iproute2, iptables.

Requests come on standard input, answers go to standard output, each behind one letter and a length (u32, little-endian):

    P  packets: of each u32 length, then the bytes from the IP header on
       answer, for each: u8 how many verdicts, the verdicts (u8: type of service), u64 ns, u16 length of the log, the log
    T  answer: /proc/net/nf_conntrack
    N  answer: /proc/net/stat/nf_conntrack
    S  `name=value` lines of sysctl, whole names, all others being as they were at the start; answer: what went wrong, a line each
    F  forget every connection

The first thing it says is one line of JSON: `why` it cannot work, or `release`, `hz`, `dccp`.
"""
import ctypes
import fcntl
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import time

# What iptables calls a packet, and the type of service that says so. client.ts has the same list.
STATES = [('INVALID', None), ('NEW', 'ORIGINAL'), ('NEW', 'REPLY'), ('ESTABLISHED', 'ORIGINAL'), ('ESTABLISHED', 'REPLY'),
          ('RELATED', 'ORIGINAL'), ('RELATED', 'REPLY'), ('UNTRACKED', None)]
MTU = 65521  # bytes; the longest IP packet a tap takes
PATIENCE = 0.5  # seconds that a packet which is no fragment may take to come out
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
NETLINK_NETFILTER = 12
CLOCK_MONOTONIC_COARSE = 6  # goes forward once a tick
CTNETLINK_DELETE, NFLOG_PACKET, NFLOG_CONFIG = 0x0102, 0x0400, 0x0401
NLM_F_REQUEST, NLM_F_ACK, NLMSG_ERROR = 1, 4, 2


class Impossible(Exception):
    """The running kernel cannot be asked; the message says why."""


def run(*command, text=None):
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Impossible(f"`{' '.join(command)}` failed: {done.stdout.strip()}")


def write(path, value):
    with open(path, 'w') as file:
        file.write(str(value))


def tap(name):
    device = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TAP | IFF_NO_PI))
    return device


def tool(*names):
    for name in names:
        if shutil.which(name):
            return name
    raise Impossible(f'there is no {names[-1]}')


class Netlink:
    """A netfilter netlink socket of this namespace."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((0, 0))

    def ask(self, kind, family, resource, attributes=b''):
        """Sends one request and waits for its acknowledgement."""
        body = struct.pack('>BBH', family, 0, resource) + attributes
        self.socket.send(struct.pack('=IHHII', 16 + len(body), kind, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
        while True:
            for got, body in messages(self.socket.recv(1 << 16)):
                if got == NLMSG_ERROR:
                    return -struct.unpack('=i', body[:4])[0]


def messages(data):
    at = 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from('=IH', data, at)
        yield kind, data[at + 16:at + length]
        at += (length + 3) & ~3


def attribute(kind, value):
    return (struct.pack('=HH', 4 + len(value), kind) + value).ljust((4 + len(value) + 3) & ~3, b'\0')


class Log:
    """What log_invalid prints, over nfnetlink_log: group 0 gets what names no group."""

    def __init__(self):
        self.netlink = Netlink()
        for family in (2, 10):
            write(f'/proc/sys/net/netfilter/nf_log/{family}', 'nfnetlink_log')
        bind = attribute(1, struct.pack('>B', 1))  # NFULA_CFG_CMD: NFULNL_CFG_CMD_BIND
        mode = attribute(2, struct.pack('>IBx', 0, 1))  # NFULA_CFG_MODE: NFULNL_COPY_META
        at_once = attribute(5, struct.pack('>I', 1))  # NFULA_CFG_QTHRESH
        for attributes in (bind, mode, at_once):
            error = self.netlink.ask(NFLOG_CONFIG, 0, 0, attributes)
            if error:
                raise Impossible(f'nfnetlink_log refuses: {os.strerror(error)}')
        self.netlink.socket.setblocking(False)

    def take(self):
        """Lines since the last time, joined by newlines."""
        lines = []
        while True:
            try:
                data = self.netlink.socket.recv(1 << 16)
            except BlockingIOError:
                return b'\n'.join(lines)
            for kind, body in messages(data):
                if kind == NFLOG_PACKET:
                    lines.append(prefix(body[4:]))


def prefix(attributes):
    at = 0
    while at + 4 <= len(attributes):
        length, kind = struct.unpack_from('=HH', attributes, at)
        if kind == 10:  # NFULA_PREFIX
            return attributes[at + 4:at + length].rstrip(b'\0').strip()
        at += (length + 3) & ~3
    return b''


class Kernel:
    def __init__(self):
        for need in ('/dev/net/tun', '/proc/net/nf_conntrack'):
            if not os.path.exists(need):
                raise Impossible(f'there is no {need}')
        ip = tool('ip')
        restore4 = tool('iptables-legacy-restore', 'iptables-restore')
        restore6 = tool('ip6tables-legacy-restore', 'ip6tables-restore')
        self.inside, self.outside = tap('in0'), tap('out0')
        run(ip, '-batch', '-', text='\n'.join([
            'link set lo up',
            'link add bridge0 type bridge mcast_snooping 0 stp_state 0 forward_delay 0',
            f'link set in0 mtu {MTU} master bridge0',
            f'link set out0 mtu {MTU} master bridge0',
            f'link set bridge0 mtu {MTU}',
            'link set in0 type bridge_slave learning off',
            'link set out0 type bridge_slave learning off',
        ]))
        for name in ('all', 'default', 'bridge0', 'in0', 'out0'):
            path = f'/proc/sys/net/ipv6/conf/{name}/disable_ipv6'
            if os.path.exists(path):
                write(path, 1)
        run(ip, '-batch', '-', text='link set in0 up\nlink set out0 up\nlink set bridge0 up\n')
        for tables in ('iptables', 'ip6tables'):
            path = f'/proc/sys/net/bridge/bridge-nf-call-{tables}'
            if not os.path.exists(path):
                raise Impossible(f'there is no {path} (br_netfilter)')
            write(path, 1)
        rules = ''.join(
            f'-A PREROUTING -m conntrack --ctstate {state}{"" if side is None else f" --ctdir {side}"} '
            f'-j TOS --set-tos {(number + 1) * 4:#x}/0xff\n' for number, (state, side) in enumerate(STATES))
        for restore in (restore4, restore6):
            run(restore, text=f'*mangle\n{rules}COMMIT\n')
        for name, value in (('checksum', 0), ('acct', 1), ('log_invalid', 255)):
            write(f'/proc/sys/net/netfilter/nf_conntrack_{name}', value)
        # What fragments one try leaves behind must not be in the way of the next.
        write('/proc/sys/net/ipv4/ipfrag_high_thresh', 1 << 30)
        write('/proc/sys/net/netfilter/nf_conntrack_frag6_high_thresh', 1 << 30)
        self.log = Log()
        self.netlink = Netlink()
        self.sent = 0
        self.changed = {}  # sysctls: what they were
        self.drain()

    def drain(self):
        """What came out: (number of the packet that it was, its type of service)."""
        out = []
        while True:
            try:
                frame = os.read(self.outside, 1 << 16)
            except BlockingIOError:
                return out
            if len(frame) < 34:
                continue
            service = frame[15] if frame[14] >> 4 == 4 else (frame[14] & 15) << 4 | frame[15] >> 4
            out.append((struct.unpack_from('>I', frame, 8)[0], service))

    def packet(self, ip):
        """Sends one packet. Its number is in its source address, so that no answer is taken for another's."""
        self.sent = self.sent + 1 & 0xffffffff
        number = self.sent
        kind = b'\x08\0' if ip[0] >> 4 == 4 else b'\x86\xdd'
        os.write(self.inside, b'\x02\0\0\0\0\x02\x02\0' + struct.pack('>I', number) + kind + ip)
        out = self.drain()
        if not out and not may_be_held(ip):
            select.select([self.outside], [], [], PATIENCE)
            out = self.drain()
        held = may_be_held(ip)  # then the answer is the whole datagram, which bears its first piece's number
        return [service for seen, service in out if seen == number or held]

    def packets(self, data):
        answer, at = [], 0
        while at < len(data):
            length, = struct.unpack_from('<I', data, at)
            at += 4
            verdicts = self.packet(data[at:at + length])
            now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            text = self.log.take()
            answer.append(bytes([len(verdicts), *verdicts]) + struct.pack('<QH', now, len(text)) + text)
            at += length
        return b''.join(answer)

    def forget(self):
        error = self.netlink.ask(CTNETLINK_DELETE, 0, 0)
        return b'' if error == 0 else os.strerror(error).encode()

    def set(self, lines):
        wrong = []
        for path, value in self.changed.items():
            write(path, value)
        self.changed.clear()
        for line in lines.decode().split():
            name, _, value = line.partition('=')
            path = '/proc/sys/' + name.replace('.', '/')
            try:
                before = content(path).decode().strip()
                write(path, value)
                self.changed.setdefault(path, before)
            except OSError as error:
                wrong.append(f'{line}: {error.strerror}')
        return '\n'.join(wrong).encode()


def may_be_held(ip):
    """A fragment, or IPv6 with extension headers: may come out later, in pieces, or not at all."""
    if ip[0] >> 4 == 4:
        return bool(struct.unpack_from('>H', ip, 6)[0] & 0x3fff)
    return ip[6] in (0, 43, 44, 51, 60, 135)


def content(path):
    with open(path, 'rb') as file:
        return file.read()


def exactly(count):
    data = sys.stdin.buffer.read(count)
    if len(data) < count:
        sys.exit(0)
    return data


def main():
    say = sys.stdout.buffer
    try:
        if os.geteuid() != 0:
            raise Impossible('it takes root')
        kernel = Kernel()
    except (Impossible, OSError) as error:
        say.write(json.dumps({'why': str(error)}).encode() + b'\n')
        return
    hz = round(1 / time.clock_getres(CLOCK_MONOTONIC_COARSE))
    dccp = os.path.exists('/proc/sys/net/netfilter/nf_conntrack_dccp_loose')
    say.write(json.dumps({'release': os.uname().release, 'hz': hz, 'dccp': dccp}).encode() + b'\n')
    say.flush()
    answers = {
        b'P': kernel.packets, b'S': kernel.set, b'F': lambda _: kernel.forget(),
        b'T': lambda _: content('/proc/net/nf_conntrack'), b'N': lambda _: content('/proc/net/stat/nf_conntrack'),
    }
    while True:
        kind, length = struct.unpack('<cI', exactly(5))
        answer = answers[kind](exactly(length))
        say.write(kind + struct.pack('<I', len(answer)) + answer)
        say.flush()


if __name__ == '__main__':
    main()
