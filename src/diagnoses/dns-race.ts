// Two questions leave one socket at once, one is lost, and the resolver waits 5 s: two packets that race to make one entry.

import type { Context } from './context.ts'
import type { Question } from './dns-queries.ts'
import { count, type Finding, framesOf } from './finding.ts'

const AT_ONCE = 20 // ms; and before any answer, so that both are NEW
const WAIT = 5000 // ms: what resolv.conf(5) waits by default
const ABOUT = 600 // ms
const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 12: 'PTR', 33: 'SRV', 15: 'MX', 16: 'TXT', 65: 'HTTPS' }

interface Race {
  readonly resolver: string
  readonly lost: Question
  readonly other: Question
}

export function dnsRace({ evidence }: Context): Finding[] {
  const races: Race[] = []
  for (const [flow, questions] of evidence.queries.sockets) {
    const lost = questions.find(isLost)
    if (lost === undefined) continue
    const other = questions.find((question) => question !== lost && Math.abs(question.firstMs - lost.firstMs) <= AT_ONCE
      && isAnsweredSoon(question))
    if (other === undefined) continue
    const asked = Math.max(lost.firstMs, other.firstMs)
    if (questions.every(({ answerMs }) => answerMs < 0 || answerMs >= asked)) races.push({ resolver: flow.serverText, lost, other })
  }
  if (races.length === 0) return []
  const resolvers = [...new Set(races.map(({ resolver }) => resolver))]
  const types = [...new Set(races.map(({ lost }) => TYPES[lost.type] ?? `type ${String(lost.type)}`))]
  const waited = Math.max(...races.map(({ lost }) => lost.repeatMs - lost.firstMs)) / 1000
  return [{
    code: 'dns-race', subject: resolvers.length === 1 ? `${resolvers[0] ?? ''}/udp` : 'capture', severity: 'warning', confidence: 0.75,
    sentence: `${count(races.length, 'name look-up')} waited ${waited.toFixed(1)} s: two questions left one socket at once, one was `
      + `answered, the other (${types.join(', ')}) was not and had to be asked again: they may have raced to make one conntrack entry.`,
    numbers: { lookUps: races.length, resolvers: resolvers.length, waitedMs: Math.round(waited * 1000) },
    proof: [...races.slice(0, 4).map(raceText), 'both questions were NEW, for no answer had come', 'where translation (DNAT) is, the '
      + 'second of two NEW packets finds its entry taken and is dropped; insert_failed in `conntrack -S` counts that, and a capture cannot '
      + 'prove it'],
    frames: framesOf(...races.slice(0, 4).flatMap(({ lost, other }) => [other.firstFrame, lost.firstFrame, lost.repeatFrame])),
    table: ['one entry for both questions: udp 17 30; the one that lost the race is nowhere, not even INVALID'],
    invalidDrop: 'would change nothing: both questions are NEW',
    remedy: ['options single-request-reopen (or single-request, use-vc) in resolv.conf: one question at a time, or a socket each',
      'a resolver on the node, reached without translation (NodeLocal DNSCache), or NOTRACK for port 53'],
    noRemedy: ['a larger nf_conntrack_max, longer UDP timeouts: the table is not full and nothing expired',
      'more resolvers behind the same address: the loss happens before them'],
  }]
}

/** `A (id 100) answered after 2 ms, AAAA (id 200) asked again after 5.0 s, in frame 7` */
function raceText({ other, lost }: Race): string {
  const name = ({ type, id }: Question): string => `${TYPES[type] ?? `type ${String(type)}`} (id ${String(id)})`
  return `${name(other)} answered after ${String(other.answerMs - other.firstMs)} ms, ${name(lost)} asked again after `
    + `${((lost.repeatMs - lost.firstMs) / 1000).toFixed(1)} s, in frame ${String(lost.repeatFrame)}`
}

/** Not answered until it was asked again, after the time that resolvers wait. */
function isLost({ firstMs, repeatMs, repeatFrame, answerMs }: Question): boolean {
  return repeatFrame !== 0 && Math.abs(repeatMs - firstMs - WAIT) <= ABOUT && (answerMs < 0 || answerMs >= repeatMs)
}

const isAnsweredSoon = ({ firstMs, answerMs }: Question): boolean => answerMs >= 0 && answerMs - firstMs < WAIT - ABOUT
