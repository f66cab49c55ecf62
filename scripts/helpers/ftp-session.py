# One FTP session: several transfers on one control connection, answers of several lines, a data connection that is announced
# and never opened, and an abort.
import ftplib, sys

server = ftplib.FTP(sys.argv[1], timeout=10)
server.login()
server.set_pasv(True)
server.retrbinary('RETR numbers', lambda data: None)
server.retrlines('LIST', lambda line: None)
server.set_pasv(False)
server.retrbinary('RETR numbers', lambda data: None)
server.makepasv()
server.voidcmd('NOOP')
server.makeport().close()
server.sendcmd('HELP')
server.set_pasv(True)
server.nlst()
server.quit()
