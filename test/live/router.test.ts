// Real clients and servers behind a router whose kernel tracks them: our live table on its interface is the kernel's own, entry by
// entry, at several moments.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findProgram, PROGRAMS } from '../../src/live/programs.ts'
import { readTable } from '../../src/views/parse/table-reader.ts'
import type { Row } from '../../src/views/row.ts'
import { buildInto } from '../support/built.ts'
import { missing, Namespace, type Running } from '../support/namespaces.ts'
import { ROOT } from '../support/sources.ts'

const PATIENCE = 60_000 // ms for what is built and started around the tests
const lost = missing('nft')
const TALK = join(ROOT, 'test/support/talk.js')
const SERVERS = ['10.8.2.2', 'fd00:2::2']

/** One echo request, by whatever program there is for it. */
const PING = [
  'import socket, struct',
  's = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)',
  'b = struct.pack("!BBHHH", 8, 0, 0, 77, 1)',
  'c = 0xffff - (0x0800 + 77 + 1)',
  's.sendto(b[:2] + struct.pack("!H", c) + b[4:], ("10.8.2.2", 0))',
].join('\n')

describe.skipIf(lost !== null)(`behind a router${lost === null ? '' : ` (skipped: needs ${lost})`}`, { timeout: 2 * PATIENCE }, () => {
  const there = PROGRAMS.filter((one) => one.find() !== null).map(({ name }) => name)
  let folder = ''
  let program: readonly string[] = []
  let client: Namespace
  let router: Namespace
  let server: Namespace
  let servers: Running[] = []

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pcap-conntrack-'))
    program = [process.execPath, buildInto(folder), 'live']
  }, PATIENCE)

  afterAll(() => { rmSync(folder, { recursive: true }) })

  // A kernel of its own for each test: it remembers.
  beforeEach(async () => {
    client = new Namespace()
    router = new Namespace()
    server = new Namespace()
    connect(client, 'wire', '1::2', '10.8.1.2', router, 'inside', '1::1', '10.8.1.1')
    connect(server, 'wire', '2::2', '10.8.2.2', router, 'outside', '2::1', '10.8.2.1')
    client.run('ip', 'route', 'add', 'default', 'via', '10.8.1.1')
    client.run('ip', '-6', 'route', 'add', 'default', 'via', 'fd00:1::1')
    server.run('ip', 'route', 'add', 'default', 'via', '10.8.2.1')
    server.run('ip', '-6', 'route', 'add', 'default', 'via', 'fd00:2::1')
    for (const knob of ['ipv4.ip_forward', 'ipv6.conf.all.forwarding', 'netfilter.nf_conntrack_acct']) {
      router.run('sh', '-c', `echo 1 > /proc/sys/net/${knob.replaceAll('.', '/')}`)
    }
    // A rule that asks for the state is what makes the kernel track.
    router.run('nft', 'add table inet t; add chain inet t c { type filter hook forward priority 0; }')
    router.run('nft', 'add rule inet t c ct state new accept')
    servers = SERVERS.map((address) => server.start(process.execPath, TALK, 'serve', address))
    for (const one of servers) await one.until(({ out }) => out.includes('ready'))
  }, PATIENCE)

  afterEach(async () => {
    for (const one of servers) one.child.kill()
    for (const one of servers) await one.ended
    for (const one of [client, router, server]) one.remove()
  }, PATIENCE)

  test.each(there)('the table through %s is the kernel\'s', async (source) => {
    const watching = router.start(...program, '-i', 'inside', '--source', source, '--every', '0.5s', '--sysctl', 'acct=1')
    await watching.until(({ error }) => error.includes(`through ${source}`))
    const clients = SERVERS.map((address) => client.start(process.execPath, TALK, 'ask', address))
    for (const one of clients) await one.until(({ out }) => out.includes('done'))
    if (findProgram('ping') !== null) client.try('ping', '-c', '1', '10.8.2.2')
    else if (findProgram('python3') !== null) client.try('python3', '-c', PING)
    client.try(process.execPath, '-e', 'net.connect(81, "10.8.2.2").on("error", () => {})') // refused
    await same(watching)
    clients[0]!.child.kill()
    await clients[0]!.ended
    await same(watching)
    clients[1]!.child.kill('SIGKILL')
    await clients[1]!.ended
    await same(watching)
    expect(await watching.interrupt()).toBe(0)
  })

  test('filters of conntrack(8) and an order hold for tables and for events', async () => {
    const wanted = ['--proto', 'tcp', '--dst', '10.8.2.2', '--top', '1']
    const plain = router.start(...program, '-i', 'inside', '--every', '0.5s', '-o', 'jsonl', ...wanted)
    const events = router.start(...program, '-i', 'inside', '--events', '-e', 'NEW', '--proto', 'tcp', '--src', 'fd00:1::/64')
    for (const one of [plain, events]) await one.until(({ error }) => error.includes('inside, through'))
    const clients = SERVERS.map((address) => client.start(process.execPath, TALK, 'ask', address))
    for (const one of clients) await one.until(({ out }) => out.includes('done'))
    await plain.until(({ out }) => out.includes('"src":"10.8.1.2"'))
    await events.until(({ out }) => out.includes('fd00:1::2'))
    for (const one of clients) {
      one.child.kill()
      await one.ended
    }
    for (const one of [plain, events]) expect(await one.interrupt()).toBe(0)
    const rows = plain.out.trimEnd().split('\n').map((line) => JSON.parse(line) as { at: string, protocol: string, family: string })
    expect(new Set(rows.map(({ protocol, family }) => `${protocol} ${family}`))).toEqual(new Set(['tcp ipv4']))
    expect(new Set(rows.map(({ at }) => at)).size).toBe(rows.length)
    expect(events.out.trimEnd().split('\n').filter((line) => !/\[NEW\] ipv6 .* tcp /.test(line))).toEqual([])
    const { status, stderr } = router.try(...program, '-i', 'inside', '--events', '--top', '3')
    expect([status, stderr]).toEqual([2, 'pcap-conntrack: --sort and --top do not go with events\n'])
  })

  test('--beside-kernel marks what differs, after root is given up', async () => {
    const watching = router.start(...program, '-i', 'inside', '--beside-kernel', '--every', '0.5s', '-Z', 'nobody', 'tcp')
    await watching.until(({ error }) => error.includes('now nobody'))
    const first = client.start(process.execPath, TALK, 'ask', SERVERS[0]!)
    await first.until(({ out }) => out.includes('done'))
    // DNS was asked too: the filter leaves it out, the kernel does not.
    await watching.until(({ out }) => /^# beside the kernel: 1 the same, 0 differ, 0 only here, 1 only there\n# udp .*: only there, /m.test(out))
    router.run('sh', '-c', 'echo 100 > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established')
    const second = client.start(process.execPath, TALK, 'ask', SERVERS[1]!)
    await second.until(({ out }) => out.includes('done'))
    await watching.until(({ out }) => /^# beside the kernel: 1 the same, 1 differ, .*\n# tcp \[fd00:1::2\]:\d+ → .*: the kernel has \d\d s$/m.test(out))
    for (const one of [first, second]) {
      one.child.kill()
      await one.ended
    }
    expect(await watching.interrupt()).toBe(0)
    expect(watching.out).toContain('1 the same, 1 differ')
    const { status, stderr } = router.try(...program, '-i', 'inside', '--beside-kernel', '--output', 'json')
    expect([status, stderr]).toEqual([2, 'pcap-conntrack: --beside-kernel does not go with --output json\n'])
  })

  /** Compares the kernel's table with ours at an instant around which the kernel's stayed as it was. */
  async function same(watching: Running): Promise<void> {
    const path = `/proc/${watching.child.pid!}/net/nf_conntrack` // as that process sees it
    let theirs: Row[]
    let ours: Row[] = []
    do {
      theirs = rowsOf(readFileSync(path, 'utf8'))
      const now = Date.now()
      await watching.until(({ out }) => {
        const block = out.split('# at ').slice(1, -1).find((text) => Date.parse(text.split('\n', 1)[0]!) >= now)
        ours = rowsOf(block?.slice(block.indexOf('\n') + 1) ?? '')
        return block !== undefined
      })
    } while (JSON.stringify(told(theirs)) !== JSON.stringify(told(rowsOf(readFileSync(path, 'utf8'))))) // packets were still on their way
    expect(theirs.length).toBeGreaterThan(3)
    expect(told(ours)).toEqual(told(theirs))
    for (const row of ours) {
      const other = theirs.find(({ original }) => JSON.stringify(original) === JSON.stringify(row.original))!
      expect(Math.abs(row.timeout! - other.timeout!), JSON.stringify([row, other])).toBeLessThanOrEqual(1)
    }
  }
})

/** Rows without what goes on by itself. */
const told = (rows: readonly Row[]): string[] => rows.map(({ timeout: _timeout, use: _use, ...rest }) => JSON.stringify(rest)).sort()

const rowsOf = (text: string): Row[] => {
  const { entries } = readTable(text).tables[0]!
  return Array.from({ length: entries.length }, (_, i) => entries.row(i))
}

/** A cable between two namespaces, with an IPv4 and an IPv6 address at each end. */
function connect(
  a: Namespace, aName: string, aTail: string, aAddress: string, b: Namespace, bName: string, bTail: string, bAddress: string,
): void {
  a.run('ip', 'link', 'add', aName, 'type', 'veth', 'peer', 'name', bName, 'netns', b.name)
  for (const [end, name, tail, address] of [[a, aName, aTail, aAddress], [b, bName, bTail, bAddress]] as const) {
    end.run('ip', 'addr', 'add', `${address}/24`, 'dev', name)
    end.run('ip', '-6', 'addr', 'add', `fd00:${tail}/64`, 'dev', name, 'nodad')
    end.run('ip', 'link', 'set', name, 'up')
  }
}
