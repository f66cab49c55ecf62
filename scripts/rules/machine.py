"""What the questions to a kernel have in common: its taps, the frames of a capture, its clock, its table."""
import ctypes
import fcntl
import os
import struct
import subprocess
import sys

libc = ctypes.CDLL(None)


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
