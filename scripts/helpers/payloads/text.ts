// FTP, IRC, Amanda: helpers that read lines.

import type { Talk } from '../talk.ts'
import { bytesOf, type Play } from '../play.ts'

export function ftp(play: Play): void {
  const talk = play.talk(21, true).open()
  const line = (way: 'there' | 'back', text: string): void => {
    play.say(talk, way, bytesOf(text + play.pick(['\r\n', '\r\n', '\r\n', '\n', '\r', ''])))
  }
  line('back', '220 ready')
  line('there', 'USER anonymous')
  for (let turn = 2 + play.number(5); turn > 0; turn--) {
    const port = play.port()
    if (play.rarely(2)) {
      line('there', announce(play, port))
      play.visit({ isTcp: true, port, way: 'back' })
    } else {
      line('back', answer(play, port))
      play.visit({ isTcp: true, port, way: 'there' })
    }
    const other = play.pick(['NOOP', '200 ok', '227', 'PORT', 'port ', '229 ', 'EPRT |', 'QUIT'])
    if (play.rarely(4)) line(play.pick(['there', 'back'] as const), other)
  }
  finish(play, talk)
}

const hostPort = (play: Play, way: 'there' | 'back', port: number): string => {
  const host = play.isIpv6 ? `10,0,0,${String(play.client)}` : play.host(way).replaceAll('.', ',')
  return `${host},${play.rarely(15) ? String(port) : String(port >>> 8)},${String(port & 255)}`
}

function announce(play: Play, port: number): string {
  const host = play.host('there')
  const mark = play.pick(['|', '|', '|', '!', '1', ' ', '\x7f'])
  const family = play.rarely(10) ? play.pick(['0', '1', '2', '3']) : play.isIpv6 ? '2' : '1'
  return play.pick([
    `PORT ${hostPort(play, 'there', port)}`, `port  ${hostPort(play, 'there', port)}`, `PORTS ${hostPort(play, 'there', port)}`,
    `EPRT ${mark}${family}${mark}${host}${mark}${String(port)}${mark}`, `eprt |${family}|${host}|${String(port)}|`,
    `EPRT |${family}|${host}|${String(port)}${play.pick(['', '00000', '|x'])}`,
  ])
}

function answer(play: Play, port: number): string {
  const numbers = hostPort(play, 'back', port)
  return play.pick([
    `227 Entering Passive Mode (${numbers}).`, `227 Entering Passive Mode (${numbers})`, `227 =${numbers}`, `227 ${numbers} `,
    `227 port ${String(port)} of 2 (${numbers})`, `227-${numbers}`,
    `229 Entering Extended Passive Mode (|||${String(port)}|)`, `229 ok (!!!${String(port)}!)`, `229 (|||${String(port)})`,
    `229 Extended (|1|${play.host('back')}|${String(port)}|)`,
  ])
}

export function irc(play: Play): void {
  const talk = play.talk(6667, true).open()
  play.say(talk, 'there', bytesOf('NICK a\r\nUSER a 0 * :a\r\n'))
  play.say(talk, 'back', bytesOf(':irc 001 a :Welcome\r\n'))
  for (let turn = 2 + play.number(4); turn > 0; turn--) {
    const port = play.port()
    const host = play.rarely(8) ? String(play.number(2 ** 31)) : String(0x0a000000 + play.client)
    const kind = play.pick(['SEND', 'CHAT', 'MOVE', 'TSEND', 'SCHAT', 'SEND', 'SEND', 'XSEND', 'send'])
    const file = play.pick(['picture.png', 'a', 'long'.repeat(40), 'two words', ''])
    const offer = `\x01DCC ${kind} ${file} ${host}${play.pick([' ', '  ', ''])}${String(port)}${play.pick([' 123\x01', '\x01', ''])}`
    const who = play.pick(['bob', '#channel', 'b', ''])
    const before = play.pick(['', '', '', ' ', '\r\n', ':a!b@c '])
    const end = play.pick(['\r\n', '\r\n', '\n', '', ' :more\r\n'])
    const command = play.pick(['PRIVMSG', 'PRIVMSG', 'privmsg', 'NOTICE'])
    play.say(talk, play.rarely(6) ? 'back' : 'there', bytesOf(`${before}${command} ${who} :${offer}${end}`))
    play.visit({ isTcp: true, port, way: 'back' })
  }
  finish(play, talk)
}

export function amanda(play: Play): void {
  play.longest = 20_000
  const talk = play.talk(10080, false)
  play.say(talk, 'there', bytesOf('Amanda 2.4 REQ HANDLE 000-0 SEQ 1\nSERVICE sendbackup\n'))
  for (let turn = 1 + play.number(3); turn > 0; turn--) {
    const ports = [play.port(), play.port(), play.port()]
    const [data, mesg, index] = ports.map(String)
    const connect = play.pick([
      `CONNECT DATA ${data!} MESG ${mesg!} INDEX ${index!}`, `CONNECT INDEX ${index!} DATA ${data!}`, `CONNECT STATE ${data!}`,
      `CONNECT  DATA ${data!}`, `connect DATA ${data!}`, `CONNECT DATA ${data!}99 MESG 1`, `CONNECT DATA${data!} MESG ${mesg!}`, 'CONNECT ',
    ])
    const end = play.pick(['\n', '\n', '', '\nOPTIONS ;\n'])
    play.say(talk, play.rarely(8) ? 'there' : 'back', bytesOf(`Amanda 2.4 REP HANDLE 000-0 SEQ 1\n${connect}${end}`))
    for (const port of ports) play.visit({ isTcp: true, port, way: 'there' })
  }
}

/** The end of a conversation, of one kind or another, or none. */
export function finish(play: Play, talk: Talk): void {
  switch (play.number(4)) {
    case 0: talk.close(play.pick(['there', 'back'] as const)); break
    case 1: talk.reset(play.pick(['there', 'back'] as const)); break
  }
}
