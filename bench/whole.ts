// npm run bench [-- --rounds N] [--data FOLDER] [--against FOLDER] [KIND…]
//
// The whole program as it is installed (dist/), `snapshot --output proc`, against walking the file, by turns in fresh
// processes; once more without the search for packets captured twice. Prints medians; the ratio is that of each round,
// so that what else the machine does weighs on both. With --against, another built work tree runs beside this one
// (bench/compare.sh). --data takes the captures from elsewhere.

import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { countPackets, median, program, run, runByTurns, WALK, WALK_KEY, type Contestant, type Run } from './process.ts'
import { KINDS, PACKETS, writeTraffic } from './traffic.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const CROWD = 'crowd' // the capture that asks for bytes a connection
const CROWD_OPTIONS = ['--sysctl', 'nf_conntrack_max=2000000', '--sysctl', 'nf_conntrack_buckets=1048576']

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, data: { type: 'string' }, against: { type: 'string' } },
  allowPositionals: true,
})
const rounds = Number(values.rounds)
const data = values.data === undefined ? `${ROOT}bench/data/` : `${values.data}/`
const kinds = (positionals.length > 0 ? positionals : KINDS).filter((kind) => existsSync(`${data}${kind}.pcap`))

const today = new Date().toISOString().slice(0, 10)
console.log(`${today}, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, ${rounds} rounds\n`)
console.log('| capture | program | packets/s | ns/packet | of walk-key | of walk | peak MB | collections |')
console.log('|---|---|--:|--:|--:|--:|--:|--:|')
for (const kind of kinds) if (kind !== CROWD) compare(kind)
if (kinds.includes(CROWD)) crowd()

function compare(kind: string): void {
  const capture = `${data}${kind}.pcap`
  const packets = countPackets(capture)
  const ours = [program('pcap-conntrack', ROOT), ...(values.against === undefined ? [] : [program('base', `${values.against}/`)])]
  const trackingAll = program('… --copies track', ROOT, ['--copies', 'track'])
  const contestants: Contestant[] = [WALK, WALK_KEY, ...ours, trackingAll]
  const runs = runByTurns(contestants, capture, rounds)
  contestants.forEach(({ name }, at) => {
    const own = runs[at]!
    const wallMs = median(own.map((one) => one.wallMs))
    const speed = (of: readonly Run[]): string => median(of.map((one, round) => one.wallMs / own[round]!.wallMs)).toFixed(2)
    print([
      kind, name, thousands(packets / wallMs * 1000), (wallMs * 1e6 / packets).toFixed(0), speed(runs[1]!), speed(runs[0]!),
      megabytes(median(own.map((one) => one.peakBytes))), median(own.map((one) => one.collections)).toFixed(0),
    ])
  })
  if (values.against !== undefined) {
    const change = median(runs[2]!.map((one, round) => one.wallMs / runs[3]![round]!.wallMs))
    console.log(`\n${kind}: takes ${(change * 100).toFixed(1)} % of base's time\n`)
  }
}

/** What a connection costs: the peak with a million of them less the peak with hardly any, all of them printed. */
function crowd(): void {
  const few = `${data}few.pcap`
  if (!existsSync(few)) writeTraffic('crowd', few, 1000)
  for (const one of [program('pcap-conntrack', ROOT, CROWD_OPTIONS),
    ...(values.against === undefined ? [] : [program('base', `${values.against}/`, CROWD_OPTIONS)])]) {
    const many = run(one, `${data}${CROWD}.pcap`)
    const base = run(one, few)
    console.log(`\n${one.name}: ${thousands(PACKETS.crowd)} connections at once take ` +
      `${((many.peakBytes - base.peakBytes) / PACKETS.crowd).toFixed(0)} bytes each (peak ${megabytes(many.peakBytes)} MB, ` +
      `${megabytes(base.peakBytes)} MB with a thousand), ${many.wallMs.toFixed(0)} ms with all printed`)
  }
}

function print(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ')
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
