# Answers every datagram on some ports, whoever it was for: what a broadcast's answerers do.
import select, socket, sys

socks = []
for port in map(int, sys.argv[1:]):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.bind(('', port))
    socks.append(sock)
while True:
    for sock in select.select(socks, [], [])[0]:
        data, peer = sock.recvfrom(2000)
        sock.sendto(data[:2] + b'\x85\x00' + data[4:], peer)
