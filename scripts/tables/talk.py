"""The two ends of record-tables.sh: `serve` answers on the server; `talk FIFO` has every kind of conversation, and writes a line
to FIFO each time a table is worth taking."""

import socket
import struct
import sys
import threading
import time

SERVER, SERVER6 = '10.7.2.2', 'fd07:2::2'


def serve():
    def answer(connection):
        try:
            while data := connection.recv(65536):
                if data == b'bye':
                    connection.close()
                    return
                connection.sendall(data * 3)
        except ConnectionResetError:
            return
        time.sleep(60)  # closed by the client alone

    def listen():
        listener = socket.create_server(('::', 80), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    datagrams.bind(('::', 53))
    while True:
        data, peer = datagrams.recvfrom(65536)
        datagrams.sendto(data + data, peer)


def tcp(host=SERVER, port=80, source=None, send=b'hello', wait=True):
    sock = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_STREAM)
    if source:
        sock.bind((source, 0))
    sock.settimeout(3)
    if not wait:
        sock.setblocking(False)
    try:
        sock.connect((host, port))
    except (BlockingIOError, ConnectionRefusedError):
        return sock
    if send:
        sock.sendall(send)
        sock.recv(65536)
    return sock


def udp(host=SERVER, port=53, source=None, answered=True):
    sock = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
    if source:
        sock.bind((source, 0))
    sock.settimeout(1)
    sock.sendto(b'question', (host, port))
    if answered:
        sock.recv(65536)
    return sock


def ping(host, ident):
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    total = 0x0800 + ident + 1
    sock.sendto(struct.pack('!BBHHH', 8, 0, ~total & 0xFFFF, ident, 1), (host, 0))


def talk(fifo):
    steps = open(fifo, 'w', buffering=1)
    time.sleep(0.5)
    kept = [tcp(), tcp(source='10.7.1.3'), tcp('10.7.1.1', 8080), tcp(SERVER6)]      # open: plain, masqueraded, forwarded, IPv6
    kept[0].sendall(b'x' * 4000)
    time.sleep(0.1)
    tcp(send=b'hello').close()                                                       # closed by the client: TIME_WAIT or LAST_ACK
    tcp(send=b'bye').close()                                                         # closed by the server first
    half = tcp()
    half.shutdown(socket.SHUT_WR)                                                    # one side closed: CLOSE_WAIT
    reset = tcp()
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    reset.close()                                                                    # CLOSE
    tcp(port=81)                                                                     # refused
    kept.append(tcp(port=82, wait=False))                                            # never answered: SYN_SENT
    kept += [half, udp(), udp(source='10.7.1.3'), udp(SERVER6)]
    kept.append(udp(port=9, answered=False))                                         # answered by an ICMP error
    kept.append(udp(port=99, answered=False))                                        # dropped by a rule
    ping(SERVER, 77)
    stream = udp()
    time.sleep(2.5)
    stream.sendto(b'again', (SERVER, 53))                                            # a stream now: ASSURED
    stream.recv(65536)
    time.sleep(0.4)
    steps.write('first\n')
    time.sleep(1.5)
    kept[1].sendall(b'more')
    kept[1].recv(65536)
    tcp(source='10.7.1.3').close()
    kept[3].close()
    udp(source='10.7.1.3')
    time.sleep(4)
    steps.write('second\n')
    time.sleep(2)


if sys.argv[1] == 'serve':
    serve()
else:
    talk(sys.argv[2])
