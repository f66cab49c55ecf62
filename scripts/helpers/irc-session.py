# Two people on one IRC server: one offers the other files and chats, and listens where it said.
import socket, struct, sys, time

server, here = sys.argv[1], sys.argv[2]


def connect(nick):
    sock = socket.create_connection((server, 6667))
    sock.sendall(f'NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n'.encode())
    time.sleep(0.4)
    sock.recv(65536)
    return sock


alice, bob = connect('alice'), connect('bob')
address = struct.unpack('>I', socket.inet_aton(here))[0]
listeners = []
for port in (5000, 5001, 5002):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((here, port))
    listener.listen(1)
    listeners.append(listener)
for line in (f'PRIVMSG bob :\x01DCC SEND picture.png {address} 5000 123\x01',
             f'PRIVMSG bob :\x01DCC CHAT chat {address} 5001\x01',
             f'privmsg bob :\x01DCC TSEND turbo {address} 5002 9\x01',
             f'PRIVMSG bob :\x01DCC SEND forged.png 134744072 5003 123\x01',
             'PRIVMSG bob :no offer at all, only a long line of text to look through'):
    alice.sendall((line + '\r\n').encode())
    time.sleep(0.2)
for listener in listeners:
    peer, _ = listener.accept()
    peer.sendall(b'hello')
    peer.close()
for sock in (alice, bob):
    sock.sendall(b'QUIT\r\n')
    time.sleep(0.2)
    sock.close()
