// SIP over UDP and TCP: calls, registrations and their answers, with headers in every form.

import type { Way } from '../talk.ts'
import { bytesOf, type Play } from '../play.ts'
import { finish } from './text.ts'

const METHODS = [
  'INVITE', 'INVITE', 'INVITE', 'ACK', 'BYE', 'UPDATE', 'PRACK', 'REGISTER', 'REGISTER', 'OPTIONS', 'invite', 'INVITEX', 'CANCEL',
]
const PARAMETERS = ['', '', ';expires=0', ';expires=60', ';expires=3600', ';expires=4294967296', ';expires=x', ';expires=2147484',
  ';transport=udp', ';transport=tcp;expires=5', ';transport=sctp']

export function sip(play: Play): void {
  const isTcp = play.rarely(3)
  const talk = play.talk(5060, isTcp)
  talk.open()
  let cseq = 1 + play.number(5)
  for (let turn = 2 + play.number(6); turn > 0; turn--) {
    const way = play.rarely(4) ? 'back' : 'there'
    const other = way === 'there' ? 'back' : 'there'
    const method = play.pick(METHODS)
    const ports: number[] = []
    let text = message(play, way, `${method} sip:x@${host(play, other)} SIP/2.0`, cseq, method, ports)
    if (isTcp && play.rarely(4)) text += message(play, way, `${play.pick(METHODS)} sip:x SIP/2.0`, cseq + 1, method, ports)
    play.say(talk, way, bytesOf(text))
    for (const port of ports) play.visit({ isTcp: false, port, way: other })
    if (!play.rarely(4)) {
      const code = play.pick([100, 180, 183, 200, 200, 200, 200, 299, 302, 404, 503, 0, 99])
      const answered: number[] = []
      const number = play.rarely(8) ? cseq + 1 : cseq
      play.say(talk, other, bytesOf(message(play, other, `SIP/2.0 ${String(code)} Some`, number, method, answered)))
      for (const port of answered) play.visit({ isTcp: false, port, way })
      if (method === 'REGISTER') play.visit({ isTcp, port: 5060, way: 'back' })
    }
    if (!play.rarely(3)) cseq++
  }
  finish(play, talk)
}

const host = (play: Play, way: Way): string => play.isIpv6 && !play.rarely(10) ? `[${play.host(way)}]` : play.host(way)

function message(play: Play, way: Way, first: string, cseq: number, method: string, ports: number[]): string {
  const end = play.rarely(10) ? play.pick(['\n', '\r']) : '\r\n'
  const fold = (text: string): string => play.rarely(15) ? text.replace(' ', `${end}${play.pick([' ', '\t  '])}`) : text
  const name = (long: string, short: string): string => play.rarely(5) ? short : play.rarely(10) ? long.toUpperCase() : long
  const colon = play.pick([': ', ': ', ': ', ':', ' : ', ':  '])
  const contact = (): string => {
    const port = play.pick([':5060', ':5060', '', `:${String(play.port())}`, ':', ':80', ':123456'])
    const user = play.pick(['phone@', 'phone@', '', 'a:b@'])
    const where = `${user}${host(play, play.rarely(8) ? 'back' : way)}${port}`
    return `${play.pick(['<', '"x" <', ''])}sip:${where}${play.pick(['>', '>', ''])}${play.pick(PARAMETERS)}`
  }
  const cseqName = play.rarely(20) ? 'CSeq-X' : 'CSeq'
  const headers = [
    `${name('Via', 'v')}${colon}SIP/2.0/UDP ${host(play, way)}:5060;branch=z9hG4bK1`,
    `${name('From', 'f')}${colon}<sip:a@${host(play, way)}>;tag=1`,
    `${name('Call-ID', 'i')}${colon}1@x`,
    ...(play.rarely(15) ? [] : [fold(`${cseqName}${colon}${play.rarely(5) ? '0' : ''}${String(cseq)} ${method}`)]),
    ...(play.rarely(6) ? [] : [fold(`${name('Contact', 'm')}${colon}${contact()}${play.rarely(4) ? `, ${contact()}` : ''}`)]),
    ...(play.rarely(8) ? [`Contact${colon}${contact()}`] : []),
    ...(play.rarely(2) ? [`Expires${colon}${play.pick(['0', '3600', '60', 'x', '99999999999'])}`] : []),
  ]
  if (play.rarely(5)) headers.sort(() => play.number(3) - 1)
  const body = play.rarely(3) ? '' : session(play, way, play.rarely(12) ? '\n' : '\r\n', ports)
  const length = play.rarely(10) ? play.number(600) : body.length
  if (!play.rarely(10)) headers.splice(play.number(headers.length + 1), 0, `${name('Content-Length', 'l')}${colon}${String(length)}`)
  return `${first}${end}${headers.join(end)}${end}${play.rarely(20) ? '' : end}${body}`
}

function session(play: Play, way: Way, end: string, ports: number[]): string {
  const family = play.rarely(15) ? play.pick(['IP4', 'IP6', 'ip4']) : play.isIpv6 ? 'IP6' : 'IP4'
  const connection = (): string => `c=IN ${family} ${play.host(play.rarely(8) ? 'back' : way)}${play.pick(['', '', '/127', ' '])}`
  const lines = [play.rarely(15) ? 'v=x' : 'v=0', `o=- 1 1 IN ${family} ${play.host(way)}`, 's=-']
  if (!play.rarely(6)) lines.push(connection())
  lines.push('t=0 0')
  for (let media = play.number(4); media >= 0; media--) {
    const port = play.port()
    ports.push(port & ~1, (port & ~1) + 1)
    const type = play.pick(['audio', 'audio', 'video', 'image', 'text', 'AUDIO', 'audio '])
    lines.push(`m=${type} ${play.rarely(10) ? play.pick(['0', 'x', '70000', '99999999999', '5']) : String(port)} RTP/AVP 0`)
    if (play.rarely(4)) lines.push(connection())
    if (play.rarely(3)) lines.push('a=sendrecv')
  }
  return lines.join(end) + (play.rarely(10) ? '' : end)
}
