// FTP through a firewall that knows nothing of FTP: what the control channel agrees on comes in vain.

import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { text } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const SERVER = '198.51.100.21'

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

export function makeSamples(): Record<string, Uint8Array> {
  return { 'ftp-passive.pcap': encodePcap(passive().frames, { micro: true }) }
}

/** Two transfers in passive mode: the first data connection is let through, the second gets no answer. */
function passive(): Timeline {
  const time = new Timeline()
  const control = new TcpTalk({ server: SERVER, sport: 40_100, dport: 21 })
  const ask = (line: string): void => { time.wait(5).add(out(control.fromClient('PA', text(`${line}\r\n`)))) }
  const answer = (line: string): void => { time.wait(20).add(back(control.fromServer('PA', text(`${line}\r\n`)))) }
  time.add(out(control.fromClient('S'))).wait(20).add(back(control.fromServer('SA'))).wait(0.1).add(out(control.fromClient('A')))
  answer('220 ready')
  ask('USER anonymous')
  answer('331 any password')
  ask('PASS guest')
  answer('230 logged in')
  ask('PASV')
  answer('227 Entering Passive Mode (198,51,100,21,156,65)')
  const data = new TcpTalk({ server: SERVER, sport: 40_101, dport: 40_001, clientStart: 2_000_000, serverStart: 6_000_000 })
  time.wait(1).add(out(data.fromClient('S'))).wait(20).add(back(data.fromServer('SA'))).wait(0.1).add(out(data.fromClient('A')))
  ask('LIST')
  answer('150 here it comes')
  time.wait(1).add(back(data.fromServer('PA', text('drwxr-xr-x 2 ftp ftp 4096 Jun 01 12:00 pub\r\n'))))
  time.add(back(data.fromServer('FA'))).wait(0.1).add(out(data.fromClient('FA'))).wait(20).add(back(data.fromServer('A')))
  answer('226 done')
  ask('PASV')
  answer('227 Entering Passive Mode (198,51,100,21,156,66)')
  const lost = new TcpTalk({ server: SERVER, sport: 40_102, dport: 40_002, clientStart: 3_000_000 })
  const syn = out(lost.fromClient('S'))
  time.wait(1).add(syn)
  for (const pause of [1000, 2000, 4000]) time.wait(pause).add(syn)
  return time
}
