# Takes what the offers of irc-session.py promised.
import socket, sys, time

for port in (5000, 5001, 5002):
    sock = socket.create_connection((sys.argv[1], port), timeout=5)
    sock.recv(100)
    sock.close()
    time.sleep(0.2)
