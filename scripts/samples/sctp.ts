// An SCTP association from INIT to SHUTDOWN COMPLETE, with a heartbeat over a second path.

import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { chunk, ip, SCTP, sctp, sctpData, sctpInit, sctpSack, text, thirtyTwo } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const SERVER = '198.51.100.38'
const SERVER_2 = '203.0.113.38' // the server's other address
const CLIENT_TAG = 0xc11e17aa // what the server puts into its packets
const SERVER_TAG = 0x5e12fe12
const COOKIE = text('state cookie, made and read by the server alone')
const TO_CLIENT = { from: SERVER_MAC, to: CLIENT_MAC }
const BEAT = chunk(SCTP.heartbeat, [0, 1, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8])
const BEAT_ACK = chunk(SCTP.heartbeatAck, [0, 1, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8])

export function makeSamples(): Record<string, Uint8Array> {
  const time = new Timeline()
  const outTo = (server: string, tag: number, ...chunks: readonly Uint8Array[]): Timeline =>
    time.add(ethernet(ipPayload(ip(CLIENT, server, sctp({ tag }, ...chunks)))))
  const backFrom = (server: string, tag: number, ...chunks: readonly Uint8Array[]): Timeline =>
    time.add(ethernet(ipPayload(ip(server, CLIENT, sctp({ sport: 3868, dport: 40_000, tag }, ...chunks))), TO_CLIENT))
  const out = (tag: number, ...chunks: readonly Uint8Array[]): Timeline => outTo(SERVER, tag, ...chunks)
  const back = (tag: number, ...chunks: readonly Uint8Array[]): Timeline => backFrom(SERVER, tag, ...chunks)
  out(0, sctpInit(CLIENT_TAG, 1000)).wait(20)
  back(CLIENT_TAG, sctpInit(SERVER_TAG, 2000, SCTP.initAck, [0, 7, 0, 4 + COOKIE.length, ...COOKIE, 0])).wait(1)
  out(SERVER_TAG, chunk(SCTP.cookieEcho, COOKIE)).wait(20)
  back(CLIENT_TAG, chunk(SCTP.cookieAck)).wait(1)
  out(SERVER_TAG, sctpData(1000, text('capabilities exchange'))).wait(20)
  back(CLIENT_TAG, sctpSack(1000), sctpData(2000, text('capabilities accepted'))).wait(20)
  out(SERVER_TAG, sctpSack(2000)).wait(30_000)
  out(SERVER_TAG, BEAT).wait(20)
  back(CLIENT_TAG, BEAT_ACK).wait(100)
  // the same association by the server's other address: another entry, begun by a heartbeat
  outTo(SERVER_2, SERVER_TAG, BEAT).wait(20)
  backFrom(SERVER_2, CLIENT_TAG, BEAT_ACK).wait(5000)
  out(0xbad, sctpData(1001, text('not of this association'))).wait(5000) // wrong verification tag
  out(SERVER_TAG, chunk(SCTP.shutdown, thirtyTwo(2000))).wait(20)
  back(CLIENT_TAG, chunk(SCTP.shutdownAck)).wait(1)
  out(SERVER_TAG, chunk(SCTP.shutdownComplete))
  return { 'sctp.pcap': encodePcap(time.frames, { micro: true }) }
}
