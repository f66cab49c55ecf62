// Tables of the running kernel, in every form conntrack(8) has (scripts/tables/record-tables.sh), and lines seen on real machines.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printConntrack } from '../../../src/views/conntrack-tool.ts'
import { readTable, TableReader } from '../../../src/views/parse/table-reader.ts'
import { printProc } from '../../../src/views/procfs.ts'
import type { Row } from '../../../src/views/row.ts'
import { printXml } from '../../../src/views/xml.ts'

const ROUTER = fileURLToPath(new URL('../../golden/tables/router/', import.meta.url))
const ALL = { counters: true, timestamps: true }
const file = (name: string): string => readFileSync(`${ROUTER}${name}`, 'utf8')
const lines = (text: string): string[] => text.trimEnd().split('\n')

function read(text: string | Uint8Array): Row[] {
  const { tables, problems } = readTable(text)
  expect(problems).toEqual([])
  expect(tables.length).toBe(1)
  return [...tables[0]!.entries.rows()]
}

const one = (line: string): Row => read(`${line}\n`)[0]!
/** As the tool prints it: who holds the entry counts one less than in /proc. */
const asRead = (row: Row): Row => ({ ...row, use: row.use + 1 })

describe.each(['1', '2'])('table %s of the router', (number) => {
  test('of /proc is printed as it was read', () => {
    expect(read(file(`${number}.proc`)).map((row) => printProc(row, ALL))).toEqual(lines(file(`${number}.proc`)))
  })

  test.each([
    ['conntrack', false], ['extended', true], ['id', true],
  ] as const)('of conntrack -L, %s, is printed as it was read', (form, isExtended) => {
    const text = file(`${number}.${form}`)
    expect(read(text).map((row) => printConntrack(asRead(row), ALL, isExtended))).toEqual(lines(text))
  })

  test('of conntrack -L -o xml is printed as it was read', () => {
    const text = file(`${number}.xml`)
    expect(read(text).map((row) => printXml(asRead(row), ALL))).toEqual(lines(text).filter((line) => line.startsWith('<flow>')))
  })

  test('is the same entries in every form', () => {
    const tuples = (name: string) => read(file(`${number}.${name}`))
      .map((row) => JSON.stringify([row.state, row.original, row.reply, row.mark]))
    const proc = tuples('proc').sort()
    for (const form of ['conntrack', 'extended', 'id']) expect(tuples(form).sort()).toEqual(proc)
    expect(tuples('xml').filter((tuple) => !tuple.includes('10.7.2.2","destination":"10.7.1.2"}')).sort())
      .toEqual(proc.filter((tuple) => !tuple.includes('"type"'))) // XML tells nothing of ICMP's
  })
})

describe('lines of real machines', () => {
  const TUPLES = 'src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6 src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5'

  test.each(['OFFLOAD', 'HW_OFFLOAD'] as const)('[%s] stands where no timeout is', (offload) => {
    expect(one(`ipv4     2 tcp      6 ${TUPLES} [${offload}] mark=0 secctx=null zone=0 use=3`))
      .toMatchObject({ offload, timeout: null, state: null, assured: false, seenReply: true, secctx: 'null', use: 3 })
    expect(one(`tcp 6 ESTABLISHED ${TUPLES} [${offload}] mark=0 use=2`)).toMatchObject({ offload, timeout: null, state: 'ESTABLISHED' })
  })

  test('zones of one direction', () => {
    const [first, second] = TUPLES.split(' src=10.0.0.2') as [string, string]
    const counted = `zone-orig=5 packets=1 bytes=2 [UNREPLIED] src=10.0.0.2${second} packets=0 bytes=0`
    expect(one(`ipv4 2 udp 17 29 ${first} ${counted} mark=0 use=2`))
      .toMatchObject({ zone: 5, zoneDirection: 'original', seenReply: false, originalCounters: { packets: 1, bytes: 2 } })
    expect(one(`udp 17 29 ${TUPLES} zone-reply=6 mark=0 use=2`)).toMatchObject({ zone: 6, zoneDirection: 'reply' })
  })

  test('what conntrack adds with -o ktimestamp,labels,id, and what nobody knows, is kept', () => {
    expect(one(`tcp      6 99 ESTABLISHED ${TUPLES} [ASSURED] mark=0 secmark=1 secctx=system_u:object_r:unlabeled_t:s0 delta-time=1 ` +
      '[start=Sat Nov 21 07:29:34 2026] helper=ftp use=1 id=2641902881 labels=a,b new-field=7 [NEW_FLAG]')).toMatchObject({
      secctx: 'system_u:object_r:unlabeled_t:s0', age: 1, helper: 'ftp', id: 2641902881, labels: 'a,b', assured: true,
      rest: 'secmark=1 [start=Sat Nov 21 07:29:34 2026] new-field=7 [NEW_FLAG]',
    })
  })

  test('an ICMP entry has two kinds of id', () => {
    expect(one('icmp 1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1 ' +
      'id=436250075'))
      .toMatchObject({ original: { type: 8, id: 77 }, reply: { type: 0, id: 77 }, id: 436250075 })
  })

  test('IPv6 in any spelling', () => {
    for (const address of ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1', '2001:DB8:0:0::1']) {
      expect(one(`udp 17 29 src=${address} dst=::1 sport=1 dport=2 src=::1 dst=${address} sport=2 dport=1 mark=0 use=1`)).toMatchObject({
        l3: 'ipv6', original: { source: '2001:0db8:0000:0000:0000:0000:0000:0001', destination: '0000:0000:0000:0000:0000:0000:0000:0001' },
      })
    }
  })

  test('of old kernels, and with carriage returns', () => {
    const text = 'tcp      6 117 SYN_SENT src=192.168.1.6 dst=192.168.1.9 sport=32775 dport=22 [UNREPLIED] ' +
      'src=192.168.1.9 dst=192.168.1.6 sport=22 dport=32775 use=2\r\n'
    expect(read(text + text)).toHaveLength(2)
    expect(read(text)[0]).toMatchObject({ state: 'SYN_SENT', timeout: 117, seenReply: false, use: 2, mark: 0 })
  })

  test('of Open vSwitch, with -m and -s', () => {
    expect(one('tcp,orig=(src=10.1.1.1,dst=10.1.1.2,sport=34554,dport=80,packets=5,bytes=300),reply=(src=10.1.1.2,dst=10.1.1.1,sport=80,' +
      'dport=34554),start=2026-11-21T07:29:34.100,id=7,zone=1,status=SEEN_REPLY|ASSURED|CONFIRMED,timeout=86390,mark=2,labels=0x1,' +
      'protoinfo=(state_orig=FIN_WAIT_1,state_reply=FIN_WAIT_1,wscale_orig=7,wscale_reply=7,flags_orig=SACK_PERM,flags_reply=),helper=ftp'))
      .toMatchObject({
        state: 'FIN_WAIT', zone: 1, timeout: 86_390, mark: 2, id: 7, assured: true, seenReply: true, labels: '0x1', helper: 'ftp',
        originalCounters: { packets: 5, bytes: 300 }, replyCounters: { packets: 0, bytes: 0 }, rest: 'start=2026-11-21T07:29:34.100',
      })
  })

  test('expectations, remarks, and what conntrack says at its end are no entries', () => {
    expect(read('# a remark\n\nexpect 300 l3proto = 2 proto=6 src=10.0.0.1 dst=10.0.0.2 sport=0 dport=5 ftp\n' +
      `tcp 6 9 CLOSE ${TUPLES} use=1\n` + 'conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n')).toHaveLength(1)
  })
})

test('no file makes the reader fail, or read past an end', () => {
  const files = ['1.proc', '2.id', '1.xml'].map((name) => new TextEncoder().encode(file(name)))
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(10, 32, 34, 44, 60, 61, 91, 123))
  const changes = fc.array(fc.tuple(fc.nat(20_000), byte), { maxLength: 40 })
  fc.assert(fc.property(fc.constantFrom(...files), changes, fc.nat(12_000), (bytes, spots, length) => {
    const changed = bytes.slice(0, length)
    for (const [at, value] of spots) if (at < changed.length) changed[at] = value
    const { tables } = readTable(changed)
    for (const { entries } of tables) expect([...entries.rows()].length).toBe(entries.length)
  }))
})

describe('what cannot be read', () => {
  const GOOD = 'udp 17 29 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6 src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5 mark=0 use=1'

  test.each([
    ['root@box:~# conntrack -L', 'does not begin like an entry'],
    ['udp 17 29 src=10.0.0.1 dst=10.0.0.2', 'ends before both directions are told'],
    [GOOD.replace('10.0.0.2', '10.0.0.256'), 'has an address that is none: dst=10.0.0.256'],
    [GOOD.replace('sport=5', 'sport=65536'), 'has a number that cannot be: sport=65536'],
    [GOOD.replace('dst=10.0.0.2', 'dst=::1'), 'has addresses of two families'],
    [GOOD.replace('src=10.0.0.1 dst=10.0.0.2', 'dst=10.0.0.2 src=10.0.0.1'), 'has its addresses in no order'],
    [`${GOOD} src=1.2.3.4`, 'has its addresses in no order'],
    ['tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=5', 'does not read like an entry of Open vSwitch, or is cut short'],
  ])('%s', (line, why) => {
    const { tables, problems } = readTable(`${GOOD}\n${line}\n${GOOD}\n`)
    expect(problems).toEqual([{ line: 2, why }])
    expect(tables[0]!.entries.length).toBe(2)
  })

  test.each(['proc', 'conntrack', 'xml'])('a %s file cut anywhere loses the entry it is cut in, and says so', (form) => {
    const whole = file(`1.${form}`)
    const lastEntry = whole.lastIndexOf(form === 'xml' ? '<flow>' : '\n', whole.length - 2) + (form === 'xml' ? 0 : 1)
    const before = readTable(whole.slice(0, lastEntry)).tables[0]!.entries.length
    for (let to = lastEntry + 1; to < whole.length; to++) {
      const { tables, problemCount } = readTable(whole.slice(0, to))
      const isTold = /use=\d|<\/flow>/.test(whole.slice(lastEntry, to))
      const isNoticed = !isTold && (form !== 'xml' || to >= lastEntry + '<flow>'.length)
      expect([to, tables[0]!.entries.length - before, problemCount]).toEqual([to, isTold ? 1 : 0, isNoticed ? 1 : 0])
    }
  })

  test('a file in pieces of any size reads as in one', () => {
    const bytes = new TextEncoder().encode(file('2.proc'))
    const whole = read(bytes)
    for (const size of [1, 7, 100, 4096]) {
      expect(inPieces(bytes, size)).toEqual(whole)
    }
  })

  test.each([
    ['{"entries":[', 'the document is cut short'],
    ['{"entries":[{"family":"ipv4"}]}', 'has no protocolNumber'],
    ['{"family":"ipv4","protocolNumber":6,"original":{"src":"x"},"reply":{}}', 'has no address'],
    ['<flow><meta direction="original"></meta></flow>', 'has no two directions'], ['<conntrack>\n<flow>', 'is cut short'],
    ['family,protocolNumber\nipv4', 'has not one field for each column'],
    ['family,protocolNumber\nipv4,tcp', 'says protocolNumber is "tcp"'],
  ])('%s', (text, why) => {
    const { problems, tables } = readTable(`${text}\n`)
    expect(problems.map((problem) => problem.why)).toEqual([why])
    expect(tables[0]!.entries.length).toBe(0)
  })
})

test('a file of several tables gives each with its instant', () => {
  const udp = 'udp 17 29 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6 src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5 use=1\n'
  const text = `# at +1s\n${udp}# at end\n${udp}${udp}`
  expect(readTable(text).tables.map(({ at, entries }) => [at, entries.length])).toEqual([['+1s', 1], ['end', 2]])
  const recorded = `# t0 at 1795229542.859\n## nf_conntrack\n${udp}## ipvsadm -Lnc\nIPVS connection entries\n\n` +
    '# t1 at 1795229543.860\n## nf_conntrack\n'
  expect(readTable(recorded).tables.map(({ at, entries }) => [at, entries.length]))
    .toEqual([['t0 at 1795229542.859', 1], ['t1 at 1795229543.860', 0]])
})

function inPieces(bytes: Uint8Array, size: number): Row[] {
  const reader = new TableReader()
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.slice(at, at + size))
  return [...reader.end().tables[0]!.entries.rows()]
}
