import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { KERNEL } from '../../src/index.ts'
import { command, Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'
import { back, echo, handshake, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const web = folder.capture('web.pcap', [
  ...handshake(START, { sport: 40_000 }),
  { sec: START + 1, bytes: udp({ sport: 5000 }) },
  { sec: START + 2, bytes: tcp({ sport: 40_001 }, 'A', { seq: 1, ack: 0 }) },
  { sec: START + 3, bytes: tcp({ sport: 40_002 }, 'FA', { seq: 1 }) },
])
const ESTABLISHED = 'ipv4     2 tcp      6 431997 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 ' +
  'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 [ASSURED] mark=0 zone=0 use=2'
const UDP = 'ipv4     2 udp      17 28 src=10.0.0.1 dst=10.0.0.2 sport=5000 dport=53 [UNREPLIED] ' +
  'src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5000 mark=0 zone=0 use=2'
const PICKED_UP = 'ipv4     2 tcp      6 299 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40001 dport=80 [UNREPLIED] ' +
  'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40001 mark=0 zone=0 use=2'

describe('snapshot', () => {
  test('prints the table as /proc/net/nf_conntrack', async () => {
    expect(await command(['snapshot', web])).toMatchObject({ code: EXIT.DONE, error: '', out: `${ESTABLISHED}\n${UDP}\n${PICKED_UP}\n` })
  })

  test('is what runs when no command is named', async () => {
    expect(await command([web])).toEqual(await command(['snapshot', web]))
  })

  test('sets each of several tables behind its instant', async () => {
    const { out } = await command([web, '--at', 'frame:1', '--at', 'end+28s'])
    expect(out.split('\n').map((line) => line.slice(0, 30))).toEqual([
      '# at frame:1', 'ipv4     2 tcp      6 120 SYN_',
      '# at end+28s', 'ipv4     2 tcp      6 431969 E', 'ipv4     2 tcp      6 271 ESTA', '',
    ])
  })

  test('prints counters with nf_conntrack_acct and ages with nf_conntrack_timestamp', async () => {
    const { out } = await command([web, '--sysctl', 'nf_conntrack_acct=1', '--sysctl', 'net.netfilter.nf_conntrack_timestamp=1'])
    expect(out.split('\n')[0]).toBe('ipv4     2 tcp      6 431997 ESTABLISHED ' +
      'src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 packets=2 bytes=80 ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 packets=1 bytes=40 [ASSURED] mark=0 zone=0 delta-time=3 use=2')
  })

  test('prints as /proc/net/ip_conntrack', async () => {
    const { out } = await command([web, '-o', 'legacy'])
    expect(out.split('\n').slice(0, 2)).toEqual([
      'tcp      6 431997 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 [ASSURED] use=1',
      'udp      17 28 src=10.0.0.1 dst=10.0.0.2 sport=5000 dport=53 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5000 use=1',
    ])
  })

  test('prints one JSON document', async () => {
    const one = JSON.parse((await command([web, '-o', 'json'])).out) as Record<string, unknown>
    expect(one).toMatchObject({ schema: 'pcap-conntrack/1', kernel: KERNEL, at: 'end', time: '2023-11-14T22:13:23Z', frame: 6 })
    expect(one.entries).toHaveLength(3)
    expect(one.entries).toContainEqual({
      family: 'ipv4', protocol: 'udp', protocolNumber: 17, timeout: 28, state: null,
      original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 5000, dport: 53, packets: 1, bytes: 38 },
      reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 53, dport: 5000, packets: 0, bytes: 0 },
      seenReply: false, assured: false, mark: 0, zone: 0, age: 2, use: 2,
    })
    interface Several { snapshots: { at: string, entries: [], expectations: [] }[] }
    const several = JSON.parse((await command([web, '-o', 'json', '--every', '1s', '--expect'])).out) as Several
    expect(several.snapshots.map(({ at, entries, expectations }) => [at, entries.length, expectations.length]))
      .toEqual([['+1s', 2, 0], ['+2s', 3, 0], ['+3s', 3, 0]])
  })

  test('prints one JSON entry a line', async () => {
    const { out } = await command([web, '-o', 'jsonl', '--at', 'frame:1', '--at', 'end'])
    const entries = out.trimEnd().split('\n').map((line) => JSON.parse(line) as { at: string, protocol: string })
    expect(entries.map(({ at, protocol }) => `${at} ${protocol}`)).toEqual(['frame:1 tcp', 'end tcp', 'end udp', 'end tcp'])
  })

  test('prints only what its filters let through', async () => {
    expect((await command([web, '-p', 'udp', '--dport', '53'])).out).toBe(`${UDP}\n`)
    expect((await command([web, '--state', 'ESTABLISHED', '-u', 'ASSURED', '-s', '10.0.0.0/24'])).out).toBe(`${ESTABLISHED}\n`)
    expect((await command([web, '-f', 'ipv6'])).out).toBe('')
  })

  test('keeps the settings of the old kernel', async () => {
    const ping = folder.capture('ping.pcap', [
      { sec: START, bytes: echo({}, 1) }, { sec: START, bytes: echo({}, 1) }, { sec: START, bytes: echo(back({}), 1, true) },
      { sec: START, bytes: echo({}, 2) }, { sec: START, bytes: echo(back({}), 2, true) },
    ])
    const ids = ({ out }: { out: string }): (string | undefined)[] => [...out.matchAll(/id=(\d+) .*id=/g)].map((match) => match[1])
    expect(ids(await command([ping]))).toEqual(['1', '2'])
    expect(ids(await command([ping, '--profile', 'linux-2.4']))).toEqual(['1']) // one of its two requests still waits
  })
})

describe('packets', () => {
  test('prints one row for each, with what the kernel logs', async () => {
    expect((await command(['packets', web])).out).toBe([
      '1\t1700000000000000000\tNEW\toriginal\t-',
      '2\t1700000000001000000\tESTABLISHED\treply\t-',
      '3\t1700000000002000000\tESTABLISHED\toriginal\t-',
      '4\t1700000001000000000\tNEW\toriginal\t-',
      '5\t1700000002000000000\tNEW\toriginal\t-',
      '6\t1700000003000000000\tINVALID\t-\tnf_ct_proto_6: invalid new',
      '',
    ].join('\n'))
  })

  test('prints JSON', async () => {
    const { packets } = JSON.parse((await command(['packets', web, '--output', 'json'])).out) as { packets: unknown[] }
    expect(packets).toHaveLength(6)
    expect(packets[1]).toEqual({ frame: 2, time: '1700000000001000000', verdict: 'ESTABLISHED', direction: 'reply', reason: null })
    expect(packets[5]).toEqual({
      frame: 6, time: '1700000003000000000', verdict: 'INVALID', direction: null, reason: 'nf_ct_proto_6: invalid new',
    })
  })
})

describe('stats', () => {
  test('prints counters as conntrack -S', async () => {
    expect((await command(['stats', web, '-o', 'conntrack'])).out).toBe('cpu=0   \t' +
      'found=0 invalid=1 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0 clash_resolve=0 chaintoolong=0\n')
  })

  test('prints counters as /proc/net/stat/nf_conntrack', async () => {
    expect((await command(['stats', web, '-o', 'proc'])).out).toBe(
      'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  ' +
      'expect_new expect_create expect_delete search_restart\n' +
      '00000003  00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  ' +
      '00000000 00000000 00000000 00000000\n',
    )
  })

  test('counts verdicts, protocols and reasons', async () => {
    expect(JSON.parse((await command(['stats', web, '-o', 'json'])).out)).toMatchObject({
      frames: 6, packets: 6, created: 3, backwards: 0, first: '2023-11-14T22:13:20Z', last: '2023-11-14T22:13:23Z',
      verdicts: { NEW: { original: 3, reply: 0 }, ESTABLISHED: { original: 1, reply: 1 }, INVALID: { original: 1 } },
      protocols: [{ protocol: 'tcp', packets: 5 }, { protocol: 'udp', packets: 1, bytes: 52 }],
      reasons: [{ reason: 'nf_ct_proto_6: invalid new', packets: 1 }],
    })
  })
})

describe('the exit code', () => {
  test.each([
    ['an unknown option', ['--frobnicate', web], /unknown option/],
    ['no capture', [], /missing required argument/],
    ['an unknown form', [web, '--output', 'yaml'], /there are proc, /],
    ['an unknown form of packets', ['packets', web, '--output', 'xml'], /there are tsv, /],
    ['an unknown form of stats', ['stats', web, '--output', 'xml'], /table/],
    ['a bad instant', [web, '--at', 'noon'], /frame:123/],
    ['a bad distance', [web, '--every', '0s'], /too often/],
    ['an unknown sysctl', [web, '--sysctl', 'tcp_lose=0'], /did you mean net\.netfilter\.nf_conntrack_tcp_loose\?/],
    ['a bad value of a sysctl', [web, '--sysctl', 'tcp_loose=maybe'], /0 or 1/],
    ['a sysctl file that is not there', [web, '--sysctl-file', join(folder.path, 'none')], /sysctl-file/],
    ['an unknown profile', [web, '--profile', 'linux-3'], /linux-2\.4/],
    ['an unknown HZ', [web, '--hz', '300'], /1000, 250 or 100/],
    ['an unknown helper', [web, '--helper', 'fpt'], /fpt/],
    ['a filter by no address', [web, '-s', '10.0.0'], /10\.0\.0/],
    ['a frame that never comes', [web, '--at', 'frame:7'], /frame:7: the capture has 6 frames/],
  ])('is 2 for %s', async (_, args, message) => {
    const { code, error } = await command(args)
    expect([code, error]).toEqual([EXIT.USAGE, expect.stringMatching(message)])
  })

  test('is 3 for a file that is no capture', async () => {
    const path = folder.file('text.txt', 'This is not a capture, it is a line of text and some more of it.\n')
    expect(await command([path])).toMatchObject({ code: EXIT.INPUT, out: '', error: expect.stringContaining(path) as string })
  })

  test('is 3 for a link type that nothing reads, named in the message', async () => {
    const path = folder.capture('usb.pcap', [{ sec: 1, bytes: udp() }], 147)
    expect(await command([path])).toMatchObject({ code: EXIT.INPUT, error: expect.stringMatching(/usb\.pcap.*147.*byte 24/) as string })
  })

  test('is 0 when the reader of a pipe goes away', async () => {
    const many = folder.capture('many.pcap', Array.from({ length: 5000 }, (_, i) => ({ sec: START, bytes: udp({ sport: i + 1 }) })))
    for (const args of [['snapshot', many], ['packets', many], ['stats', many]]) {
      expect(await command(args, { readerLeavesAt: 100 })).toMatchObject({ code: EXIT.DONE, out: '', error: '' })
    }
  })

  test('is 130 after SIGINT, and what there is is printed', async () => {
    const outcome = await command([web, '--at', 'end+60s'], { signals: (interrupt) => { interrupt() } })
    expect(outcome).toMatchObject({ code: EXIT.INTERRUPTED, error: '' })
  })
})

describe('the program', () => {
  test('says its version and the kernel it models', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(await command(['--version'])).toMatchObject({ code: EXIT.DONE, out: `pcap-conntrack ${version} (${KERNEL})\n` })
  })

  test('helps', async () => {
    const { code, out } = await command(['--help'])
    expect([code, /snapshot[^]*packets[^]*stats[^]*Examples:/.test(out)]).toEqual([EXIT.DONE, true])
    expect((await command(['help', 'packets'])).out).toContain('Usage: pcap-conntrack packets')
    expect((await command(['stats', '--help'])).out).toContain('Usage: pcap-conntrack stats')
  })

  test('tells of frames older than one before them, once', async () => {
    const path = folder.capture('back.pcap', [5, 3, 4, 6].map((sec) => ({ sec, bytes: udp({ sport: sec }) })))
    expect(await command([path])).toMatchObject({ code: EXIT.DONE, error: expect.stringMatching(/^.*2 frames older.*\n$/) as string })
    expect(await command([path, '--quiet'])).toMatchObject({ error: '' })
  })

  test('writes in pieces, and waits for a slow reader', async () => {
    const many = folder.capture('slow.pcap', Array.from({ length: 5000 }, (_, i) => ({ sec: START, bytes: udp({ sport: i + 1 }) })))
    const fast = await command([many])
    expect(fast.writes).toBeGreaterThan(5)
    expect(fast.out.split('\n')).toHaveLength(5001)
    expect((await command([many], { slow: true })).out).toBe(fast.out)
    expect((await command(['packets', many], { slow: true })).out).toBe((await command(['packets', many])).out)
  })

  test('reports on SIGUSR1', async () => {
    const { error, code } = await command([web], { signals: (_, report) => { report() } })
    expect([code, error]).toEqual([EXIT.DONE, expect.stringMatching(/^pcap-conntrack: \d+ packets, .* connections\n$/)])
  })

  test('that is not built says how to build it', async () => {
    const bare = join(folder.path, 'bare')
    mkdirSync(join(bare, 'bin'), { recursive: true })
    cpSync(join(ROOT, 'bin', 'pcap-conntrack.js'), join(bare, 'bin', 'pcap-conntrack.js'))
    folder.file('bare/package.json', '{"type":"module"}')
    const { error, code } = await new Promise<{ error: string, code: unknown }>((resolve) => {
      execFile(process.execPath, [join(bare, 'bin', 'pcap-conntrack.js')], (failure, _, stderr) => {
        resolve({ error: stderr, code: failure?.code })
      })
    })
    expect([code, error]).toEqual([2, expect.stringContaining('npm run build')])
  })
})

describe('the table for people', () => {
  test('is coloured by state on a terminal, and not where NO_COLOR is set', async () => {
    const escape = '\u001b['
    const terminal = { outIsTerminal: true, columns: 200 }
    expect((await command([web, '-o', 'table'], terminal)).out).toContain(`${escape}32mESTABLISHED`)
    for (const plain of [
      await command([web, '-o', 'table']),
      await command([web, '-o', 'table'], { ...terminal, env: { NO_COLOR: '1' } }),
      await command([web, '-o', 'table'], { ...terminal, env: { TERM: 'dumb' } }),
      await command([web, '-o', 'table', '--color', 'never'], terminal),
    ]) expect(plain.out).not.toContain(escape)
    expect((await command([web, '-o', 'table', '--color', 'always'])).out).toContain(escape)
  })

  test.each([60, 80, 100, 200])('is no wider than a terminal of %i columns', async (columns) => {
    for (const args of [['snapshot', web], ['packets', web], ['stats', web]]) {
      const { out } = await command([...args, '-o', 'table'], { outIsTerminal: true, columns, env: { NO_COLOR: '1' } })
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns)
    }
  })

  test('of very many rows is aligned text', async () => {
    const many = folder.capture('rows.pcap', Array.from({ length: 1500 }, (_, i) => ({ sec: START, bytes: udp({ sport: i + 1 }) })))
    const lines = (await command([many, '-o', 'table'])).out.trimEnd().split('\n')
    expect(lines).toHaveLength(1501)
    expect(lines[0]).toMatch(/^proto +state +source/)
    expect(lines[1500]).toMatch(/^udp +10\.0\.0\.1:1500 +10\.0\.0\.2:53 +30/)
    expect(new Set(lines.map((line) => line.indexOf('10.0.0.2'))).size).toBe(2) // one column, and the head has none
  })
})
