// The forms of entries, against what the kernel and the tools themselves print.

import { fileURLToPath } from 'node:url'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ctState } from '../../src/views/packet-ovs.ts'
import { printConntrack } from '../../src/views/conntrack-tool.ts'
import { CSV_COLUMNS, printCsv } from '../../src/views/csv.ts'
import { printOvs } from '../../src/views/ovs.ts'
import { printProc } from '../../src/views/procfs.ts'
import type { Row } from '../../src/views/row.ts'
import { printXml } from '../../src/views/xml.ts'
import {
  VERDICT_ESTABLISHED, VERDICT_INVALID, VERDICT_NEW, VERDICT_NONE, VERDICT_RELATED, VERDICT_UNTRACKED,
} from '../../src/base/verdict.ts'
import { IPCT_NEW, IPCT_RELATED } from '../../src/table/status.ts'
import { FORM_NAMES } from '../../src/index.ts'
import { command } from '../support/command.ts'

const EVERY_KIND = fileURLToPath(new URL('../golden/linux-6.12/every-kind/', import.meta.url))
const kernel = readFileSync(`${EVERY_KIND}snapshots.txt`, 'utf8').trimEnd().split('\n').slice(1)

const ROW: Row = {
  l3: 'ipv4', l3num: 2, l4: 'tcp', l4num: 6, timeout: 99, state: 'ESTABLISHED',
  original: { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 5, destinationPort: 6 },
  reply: { source: '10.0.0.2', destination: '10.0.0.1', sourcePort: 6, destinationPort: 5 },
  originalCounters: { packets: 0, bytes: 0 }, replyCounters: { packets: 0, bytes: 0 },
  seenReply: true, assured: true, mark: 0, zone: 7, age: 1, use: 2,
}
const ALL = { counters: true, timestamps: true }
const PLAIN = { counters: false, timestamps: false }

async function lines(form: string, ...more: string[]): Promise<string[]> {
  return (await command([`${EVERY_KIND}capture.pcap`, '-o', form, ...more])).out.trimEnd().split('\n')
}

/** What conntrack(8) makes of a line of /proc: another program shortens the addresses. */
function asTool(line: string, isExtended: boolean): string {
  const short = line.replace(/[0-9a-f]{4}(:[0-9a-f]{4}){7}/g, (address) => new URL(`http://[${address}]`).hostname.slice(1, -1))
    .replace(/ timeout=\d+, stream_timeout=\d+/, '').replace(' zone=0 use=2', ' use=1')
  return isExtended ? short : short.replace(/^ipv[46] +\d+ /, '')
}

describe('conntrack -L', () => {
  test.each([['conntrack', false], ['extended', true]] as const)('%s says what the kernel\'s table says', async (form, isExtended) => {
    expect((await lines(form, '--sysctl', 'acct=1')).sort()).toEqual(kernel.map((line) => asTool(line, isExtended)).sort())
  })

  test.each(['conntrack', 'extended'])('%s is the same from records and from rows', async (form) => {
    const fromRows = await lines(form, '--sysctl', 'acct=1', '--sysctl', 'timestamp=1', '-s', '0.0.0.0/0')
    const fromRecords = await lines(form, '--sysctl', 'acct=1', '--sysctl', 'timestamp=1', '-f', 'ipv4')
    const all = await lines(form, '--sysctl', 'acct=1', '--sysctl', 'timestamp=1')
    expect(fromRows).toEqual(fromRecords)
    expect(all.filter((line) => !line.includes('::'))).toEqual(fromRows)
  })

  test('is spelt as conntrack-tools 1.4.7 spells it', () => {
    expect(printConntrack(ROW, ALL)).toBe('tcp      6 99 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6 packets=0 bytes=0 ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5 packets=0 bytes=0 [ASSURED] mark=0 zone=7 delta-time=1 use=1')
    expect(printConntrack({ ...ROW, zone: 0, id: 2641902881 }, PLAIN, true)).toBe('ipv4     2 tcp      6 99 ESTABLISHED ' +
      'src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6 src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5 [ASSURED] mark=0 use=1 id=2641902881')
  })
})

describe('what no capture shows and a real table may', () => {
  test('an offloaded entry has no timeout', () => {
    expect(printProc({ ...ROW, timeout: null, offload: 'HW_OFFLOAD', zone: 0 })).toBe('ipv4     2 tcp      6 ESTABLISHED ' +
      'src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6 src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5 [HW_OFFLOAD] mark=0 zone=0 use=2')
  })

  test('a zone of one direction stands behind its tuple', () => {
    expect(printProc({ ...ROW, zoneDirection: 'original', secctx: 'a:b' })).toContain('dport=6 zone-orig=7 src=10.0.0.2')
    expect(printProc({ ...ROW, zoneDirection: 'reply', secctx: 'a:b' })).toContain('dport=5 zone-reply=7 [ASSURED] mark=0 secctx=a:b use=2')
  })
})

describe('conntrack -L -o xml', () => {
  const xml = '<flow><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.0.0.1</src><dst>10.0.0.2</dst></layer3>' +
    '<layer4 protonum="6" protoname="tcp"><sport>5</sport><dport>6</dport></layer4><counters><packets>0</packets><bytes>0</bytes>' +
    '</counters></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>10.0.0.2</src><dst>10.0.0.1</dst></layer3>' +
    '<layer4 protonum="6" protoname="tcp"><sport>6</sport><dport>5</dport></layer4><counters><packets>0</packets><bytes>0</bytes>' +
    '</counters></meta><meta direction="independent"><state>ESTABLISHED</state><timeout>99</timeout><mark>0</mark><zone>7</zone>' +
    '<use>1</use><id>310387297</id><assured/><deltatime>1</deltatime></meta></flow>'

  test('is spelt as conntrack-tools 1.4.7 spells it', () => {
    expect(printXml({ ...ROW, id: 310387297 }, ALL)).toBe(xml)
  })

  test('escapes what XML would take for its own', () => {
    expect(printXml({ ...ROW, secctx: '<&"' }, PLAIN)).toContain('<secctx>&lt;&amp;&quot;</secctx>')
  })

  test('is one document a table', async () => {
    const out = await lines('xml')
    expect(out.slice(0, 2)).toEqual(['<?xml version="1.0" encoding="utf-8"?>', '<conntrack>'])
    expect(out.at(-1)).toBe('</conntrack>')
    expect(out.slice(2, -1).every((line) => /^<flow>.*<\/flow>$/.test(line))).toBe(true)
    expect(out.length - 3).toBe(kernel.length)
  })
})

describe('ovs', () => {
  test('a table is spelt as dpctl/dump-conntrack spells it', () => {
    const tuples = 'orig=(src=10.0.0.1,dst=10.0.0.2,sport=5,dport=6),reply=(src=10.0.0.2,dst=10.0.0.1,sport=6,dport=5)'
    expect(printOvs(ROW, false)).toBe(`tcp,${tuples},zone=7,protoinfo=(state=ESTABLISHED)`)
    expect(printOvs({ ...ROW, l4: 'udp', l4num: 17, state: null, zone: 0, mark: 3 }, true)).toBe(`udp,${tuples},timeout=99,mark=3`)
    const counted = { ...ROW, zone: 0, originalCounters: { packets: 2, bytes: 80 } }
    const counts = tuples.replace('dport=6)', 'dport=6,packets=2,bytes=80)')
    expect(printOvs(counted, true)).toBe(`tcp,${counts},timeout=99,protoinfo=(state=ESTABLISHED)`)
  })

  test('ICMP has id, type and code, an unknown protocol its number and no ports', () => {
    const icmp = (type: number) => ({ source: '10.0.0.1', destination: '10.0.0.2', type, code: 0, id: 77 })
    expect(printOvs({ ...ROW, l4num: 1, state: null, zone: 0, original: icmp(8), reply: icmp(0) }, false))
      .toBe('icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=77,type=8,code=0),reply=(src=10.0.0.1,dst=10.0.0.2,id=77,type=0,code=0)')
    const ends = { source: '2001:0db8:0000:0000:0000:0000:0000:0001', destination: '0000:0000:0000:0000:0000:0000:0000:0001' }
    expect(printOvs({ ...ROW, l4num: 50, state: null, zone: 0, original: ends, reply: ends }, false))
      .toBe('50,orig=(src=2001:db8::1,dst=::1,sport=0,dport=0),reply=(src=2001:db8::1,dst=::1,sport=0,dport=0)')
  })

  test.each([
    ['NONE', 'CLOSED'], ['SYN_SENT2', 'SYN_SENT'], ['SYN_RECV', 'ESTABLISHED'], ['FIN_WAIT', 'FIN_WAIT_1'], ['CLOSE', 'CLOSING'],
    ['TIME_WAIT', 'TIME_WAIT'],
  ])('the kernel\'s %s is %s', (state, name) => {
    expect(printOvs({ ...ROW, state }, false)).toContain(`protoinfo=(state=${name})`)
  })

  test.each([
    ['+trk+new', VERDICT_NEW, 0, 0, false],
    ['+trk+est', VERDICT_ESTABLISHED, 0, 0, false],
    ['+trk+est+rpl', VERDICT_ESTABLISHED, 1, 0, false],
    ['+trk+rel+rpl', VERDICT_RELATED, 1, 0, false],
    ['+trk+new', VERDICT_NEW, 0, IPCT_NEW, false],
    ['+trk+new+rel', VERDICT_RELATED, 0, IPCT_RELATED, true],
    ['+trk+est+rel', VERDICT_ESTABLISHED, 0, 0, true],
    ['+trk+inv', VERDICT_INVALID, 0, 0, false],
    ['+trk+inv', VERDICT_UNTRACKED, 0, 0, false],
    ['-', VERDICT_NONE, 0, 0, false],
  ] as const)('%s is a packet of verdict %i, direction %i, events %i, promised %s', (flags, verdict, direction, events, isPromised) => {
    expect(ctState({ verdict, direction, events }, isPromised)).toBe(flags)
  })

  test('packets have a line each', async () => {
    const { out } = await command(['packets', `${EVERY_KIND}capture.pcap`, '-o', 'ovs'])
    expect(out.split('\n').slice(-3)).toEqual(['16: +trk+new', '17: +trk+est+rpl', ''])
  })
})

describe('csv', () => {
  test('has a header and as many fields in each line', async () => {
    const [header, ...rows] = await lines('csv')
    expect(header).toBe(CSV_COLUMNS.join(','))
    expect(rows.map((row) => row.split(',').length)).toEqual(kernel.map(() => CSV_COLUMNS.length))
  })

  test('quotes what holds a comma, a quote or a line end', () => {
    expect(printCsv({ ...ROW, secctx: 'a,"b"', labels: 'x\ny' })).toContain(',"a,""b""","x\ny",')
  })
})

test('every form sets several tables behind their instants', async () => {
  for (const form of FORM_NAMES.filter((name) => !name.startsWith('json'))) {
    const { out } = await command([`${EVERY_KIND}capture.pcap`, '-o', form, '--at', 'frame:1', '--at', 'end'])
    expect(out.split('\n').filter((line) => line.startsWith('# at'))).toEqual(['# at frame:1', '# at end'])
  }
})
