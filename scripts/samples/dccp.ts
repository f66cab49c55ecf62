// A DCCP connection from REQUEST to RESET.

import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { DCCP, dccp, ip, text } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const SERVER = '198.51.100.33'

export function makeSamples(): Record<string, Uint8Array> {
  const time = new Timeline()
  let sent = 100
  let received = 7000
  const out = (type: number, words = ''): Timeline => {
    const packet = dccp({ type, seq: ++sent, ack: received, payload: text(words) })
    return time.add(ethernet(ipPayload(ip(CLIENT, SERVER, packet))))
  }
  const back = (type: number, words = ''): Timeline => {
    const packet = dccp({ sport: 5001, dport: 40_000, type, seq: ++received, ack: sent, payload: text(words) })
    return time.add(ethernet(ipPayload(ip(SERVER, CLIENT, packet)), { from: SERVER_MAC, to: CLIENT_MAC }))
  }
  out(DCCP.request).wait(20)
  back(DCCP.response).wait(1)
  out(DCCP.ack).wait(10)
  for (let i = 0; i < 3; i++) {
    out(DCCP.dataAck, 'a frame of video').wait(20)
    back(DCCP.ack).wait(20)
  }
  out(DCCP.close).wait(20)
  back(DCCP.reset)
  return { 'dccp.pcap': encodePcap(time.frames, { micro: true }) }
}
