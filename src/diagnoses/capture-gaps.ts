// What the capture itself lacks: it began late, or frames were lost on their way into it.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

const LATE_WITHIN = 10_000 // ms
const FEW = 2 // connections
const LEAST = 2 // bytes: keep-alives and probes speak of one byte that is not there

export function capturedLate({ tcp }: Context): Finding[] {
  const flows = tcp.filter((flow) => flow.isTwoSided && flow.client.syns === 0 && flow.server.synAcks === 0 && flow.server.syns === 0
    && flow.client.acks > 0 && flow.server.acks > 0 && flow.firstMs <= LATE_WITHIN)
  if (flows.length === 0) return []
  return [{
    code: 'capture-began-late', subject: 'capture', severity: 'info', confidence: 0.9,
    sentence: `${count(flows.length, 'connection')} had begun before the capture did: their handshake is not in it.`,
    numbers: { connections: flows.length },
    proof: ['both sides talk, and no SYN is here'],
    frames: framesOf(...flows.slice(0, 8).map((flow) => Math.min(flow.client.firstFrame, flow.server.firstFrame))),
    table: ['taken up in the middle (nf_conntrack_tcp_loose=1): the window scale is unknown, so windows are not checked; tcp_loose=0 '
      + 'makes all of it INVALID'],
    invalidDrop: 'would do nothing to them with tcp_loose=1',
    remedy: ['compare with a machine\'s own table only what began after the capture did'],
    noRemedy: ['nf_conntrack_tcp_loose=0: it makes them INVALID and teaches nothing'],
  }]
}

export function captureLoss({ tcp }: Context): Finding[] {
  const flows = tcp.filter((flow) => flow.isTwoSided && flow.client.missing + flow.server.missing >= LEAST)
  if (flows.length < FEW) return []
  const bytes = flows.reduce((sum, flow) => sum + flow.client.missing + flow.server.missing, 0)
  return [{
    code: 'capture-loss', subject: 'capture', severity: 'warning', confidence: 0.85,
    sentence: `${count(bytes, 'byte')} of ${count(flows.length, 'connection')} are missing in this capture, though they were received: `
      + 'it lost frames, or its filter left them out.',
    numbers: { connections: flows.length, bytes },
    proof: ['holes in sequence numbers that no later frame fills, or that the other side acknowledges'],
    frames: framesOf(...flows.slice(0, 6).map((flow) => flow.client.firstFrame)),
    table: ['where an ACK speaks of data that is not here, the tracker may call it INVALID (ACK is over upper bound) though the kernel '
      + 'did not'],
    invalidDrop: 'cannot be told from this capture',
    remedy: ['a larger buffer (tcpdump -B), a shorter snap length, or a filter'], noRemedy: ['any sysctl'],
  }]
}
