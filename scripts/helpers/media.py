# A media stream and its control: datagrams to two ports of the peer, once a call had time to be set up.
import socket, sys, time

here, there, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
time.sleep(0.7)
for step in (0, 1):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((here, 0))
    for i in range(4):
        sock.sendto(bytes([0x80, i]) + bytes(10), (there, port + step))
        time.sleep(0.05)
