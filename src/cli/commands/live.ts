// live: what an interface carries now, as the kernel would track it.

import type { Command } from 'commander'
import {
  DIFF_FORM_NAMES, EVENT_FORM_NAMES, FORM_NAMES, LiveError, type Order, parseDuration, rowFilter, UsageError,
} from '../../index.ts'
import { listDevices } from '../../live/devices.ts'
import { deviceNames, openLive } from '../../live/open-live.ts'
import { KernelReader } from '../../live/kernel-table.ts'
import type { LiveSource } from '../../live/live-source.ts'
import { becomeUser, isRoot, userToBecome } from '../../live/privileges.ts'
import type { CaptureRequest, Direction } from '../../live/program.ts'
import { PROGRAMS, SOURCE_NAMES } from '../../live/programs.ts'
import { Recorder } from '../../live/recorder.ts'
import { Watch } from '../../live/watch.ts'
import { EXIT } from '../exit-codes.ts'
import { addFilterOptions, type FilterOptions, filterTexts } from '../filter-options.ts'
import type { Io } from '../io.ts'
import { diffView, eventsView, fullScreenView, type LiveView, plainView } from '../live-views.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf, wantsColour } from '../options.ts'
import { addOrderOptions, orderOf, type OrderOptions } from '../order-options.ts'
import type { Session } from '../session.ts'

interface LiveOptions extends CommonOptions, FilterOptions, OrderOptions {
  interface?: string
  listInterfaces?: boolean
  source: string
  snapshotLength?: string
  promiscuousMode: boolean
  direction: string
  bufferSize?: string
  count?: string
  write?: string
  fileSize?: string
  rotateSeconds?: string
  relinquish?: string
  view?: string
  besideKernel?: boolean
  events?: boolean
  eventMask: string
  every?: string
  expect?: boolean
  output?: string
}

/** Views that can show the kernel's table beside ours. */
const COMPARES: readonly ViewKind[] = ['top', 'plain']

/** Forms that a line of ours would spoil. */
const DOCUMENTS: readonly string[] = ['json', 'jsonl', 'xml', 'csv']

type ViewKind = 'top' | 'plain' | 'diff' | 'events'

/** Those that --view names; `events` has an option of its own. */
const VIEWS: readonly ViewKind[] = ['top', 'plain', 'diff']

/** Between two tables, or between two writes of events. */
const DISTANCES: Readonly<Record<ViewKind, string>> = { top: '1s', plain: '5s', diff: '5s', events: '0.2s' }

const FORMS: Readonly<Record<ViewKind, string>> = { top: 'proc', plain: 'proc', diff: 'text', events: 'conntrack' }

const MEGABYTE = 1_000_000 // bytes, as -C counts
const STATISTICS = 1000 // ms between two questions how many packets were lost

const HELP = `
Sources, the better one first:
  tcpdump   times of the kernel, in nanoseconds; tells how many packets are lost
${PROGRAMS.filter(({ limits }) => limits !== '').map(({ limits }) => `  ${limits}`).join('\n')}

Examples:
  sudo pcap-conntrack live -i eth0                       on a terminal: the table, full screen (h tells the keys)
  sudo pcap-conntrack live -i eth0 --every 5s >> log     the table every five seconds
  sudo pcap-conntrack live -i eth0 --every 1s -o table   every second, for people
  sudo pcap-conntrack live -i any tcp port 443           part of the traffic: any filter of pcap-filter(7)
  sudo pcap-conntrack live -i any --status UNREPLIED     part of the table, by the filters of conntrack(8)
  sudo pcap-conntrack live -i eth0 --every 5s --top 10   the ten entries with the most bytes
  sudo pcap-conntrack live -i eth0 -c 1000 -w seen.pcap  a thousand packets, kept in a file too
  sudo pcap-conntrack live -i eth0 --view diff           what appeared, went and changed, every five seconds
  sudo pcap-conntrack live -i eth0 --events -e DESTROY   which connections go, and why
  sudo pcap-conntrack live -i eth0 --beside-kernel       what this kernel has, beside what it should have
  pcap-conntrack live -D                                 the interfaces there are`

export function define(command: Command, session: Session): void {
  addCommonOptions(addOrderOptions(addFilterOptions(command
    .description('track what an interface carries, now')
    .argument('[filter...]', 'which packets: an expression as in pcap-filter(7)')
    .optionsGroup('Capture, by tcpdump\'s letters:')
    .option('-i, --interface <name>', 'where to listen; any for all interfaces')
    .option('-D, --list-interfaces', 'print the interfaces there are')
    .option('--source <program>', `what captures: ${SOURCE_NAMES.join(', ')}`, 'auto')
    .option('-s, --snapshot-length <bytes>', 'bytes to keep of each packet; default: all')
    .option('-p, --no-promiscuous-mode', 'leave the interface as it is')
    .option('-Q, --direction <which>', 'in, out or inout', 'inout')
    .option('-B, --buffer-size <KiB>', 'the kernel\'s buffer; larger loses less')
    .option('-c, --count <packets>', 'end after so many IP packets')
    .option('-w, --write <file>', 'keep the packets that were tracked')
    .option('-C, --file-size <MB>', 'begin another file after so many million bytes')
    .option('-G, --rotate-seconds <seconds>', 'begin another file after so long; its name by strftime(3)')
    .option('-Z, --relinquish <user>', 'give up root for this user once the interface is open; default: who called sudo')
    .optionsGroup('What to show:')
    .option('--view <kind>', 'top: full screen, the default on a terminal; plain: tables as text; diff: what became of entries')
    .option('--every <distance>', 'the table at equal distances; default: 5s, or 1s on the full screen')
    .option('--events', 'connections that are new, changed and gone, as conntrack -E prints them')
    .option('-e, --event-mask <types>', 'with --events: ALL, NEW, UPDATES, DESTROY; several with commas', 'ALL')
    .option('--beside-kernel', 'compare with the table of the kernel that runs here, at the same instants')
    .option('--expect', 'print the expectation table too')
    .option('-o, --output <form>', `tables: ${FORM_NAMES.join(', ')}; diffs: ${DIFF_FORM_NAMES.join(', ')}; ` +
      `events: ${EVENT_FORM_NAMES.join(', ')}`), false)))
    .addHelpText('after', HELP)
    .action(async (filter: string[], options: LiveOptions) => { await run(session, filter.join(' '), options) })
}

async function run(session: Session, filter: string, options: LiveOptions): Promise<void> {
  const { io } = session
  if (options.listInterfaces === true) {
    for (const { name, state, addresses } of listDevices()) session.out.text(`${[name, state, ...addresses].join('  ')}\n`)
    return
  }
  const engine = engineOptions(options)
  const kind = viewOf(options, io)
  const { every = DISTANCES[kind], output: form = FORMS[kind] } = options
  const interval = parseDuration(every)
  const everyMs = interval.sec * 1000 + Math.floor(interval.nsec / 1_000_000)
  if (everyMs < 100) throw new UsageError(`--every ${every}: at least 0.1s`)
  const view = await makeView(session, kind, form, options, engine)
  const count = options.count === undefined ? undefined : number('--count', options.count, 1)
  const recorder = recorderOf(options)
  const request = requestOf(options, filter)
  const say = (text: string): void => { if (options.quiet !== true) io.say(`pcap-conntrack: ${text}\n`) }

  if (options.besideKernel === true && (!COMPARES.includes(kind) || DOCUMENTS.includes(form))) {
    throw new UsageError(`--beside-kernel does not go with ${COMPARES.includes(kind) ? `--output ${form}` : kind}`)
  }
  const kernel = options.besideKernel === true ? new KernelReader(everyMs) : null
  const source = await openLive(request, oneOf('--source', options.source, SOURCE_NAMES))
  const watch = new Watch(source, {
    ...engine,
    ordered: kind === 'diff',
    lagMs: source.program.lagMs,
    ...(kernel === null ? { everyMs } : {}),
    ...(count === undefined ? {} : { count }),
    ...(view.onEvent === undefined ? {} : { onEvent: view.onEvent }),
    onPacket(tracker, frame) {
      recorder?.write(frame)
      view.onPacket?.(tracker, frame)
    },
  })
  const release = listen(session, source, watch, view)
  let failure: string | null
  try {
    say(`${request.device}, through ${source.program.name}${source.program.limits === '' ? '' : ` (${source.program.limits})`}`)
    giveUpRoot(request, say)
    kernel?.start((ms) => { watch.ask(ms) })
    view.begin?.(`${request.device} ${filter}`.trim(), source, () => { watch.stop() })
    for await (const moment of watch.moments()) {
      recorder?.flush()
      await view.show(moment, moment.text === 'end' ? null : kernel?.take() ?? null) // at the end nobody reads it
    }
    await view.end()
    failure = source.failure
    await source.end()
  } finally {
    view.close?.()
    release()
    kernel?.close()
    source.close()
    recorder?.close()
  }
  for (const error of source.damage) complain(session, error.message)
  if (failure !== null) complain(session, `${request.device}: ${failure}`)
  report(source, watch, say)
}

async function makeView(
  session: Session, kind: ViewKind, form: string, options: LiveOptions, { sysctl, hz }: ReturnType<typeof engineOptions>,
): Promise<LiveView> {
  const colour = wantsColour(options, session.io)
  const where = rowFilter(filterTexts(options))
  const order = orderOf(options)
  checkOrder(kind, order)
  switch (kind) {
    case 'top': return fullScreenView(session, { where, order, colour })
    case 'plain': return plainView(session, { form, where, order, expectations: options.expect === true, colour, sysctl })
    case 'diff': return diffView(session, { form, where, colour })
    case 'events': return eventsView(session, { form, where, mask: options.eventMask, sysctl, hz })
  }
}

/** Tables as text have an order; the full screen begins with one, and shows all. @throws UsageError */
function checkOrder(kind: ViewKind, order: Order | undefined): void {
  if (order === undefined || kind === 'plain' || (kind === 'top' && order.most === undefined)) return
  if (kind === 'top') throw new UsageError('--top is for tables as text: --every 5s, or --view plain')
  throw new UsageError(`--sort and --top do not go with ${kind}`)
}

/** Who asks for tables in a form, or at distances, wants text; so does what is no terminal. */
function viewOf({ view, every, output, events }: LiveOptions, { outIsTerminal, env }: Io): ViewKind {
  if (events === true) return 'events'
  const usual = every === undefined && output === undefined ? 'top' : 'plain'
  const wanted = view === undefined ? usual : oneOf('--view', view, VIEWS)
  if (wanted !== 'top') return wanted as ViewKind
  return outIsTerminal && env.TERM !== 'dumb' ? 'top' : 'plain'
}

/** Listens to signals, and asks how many packets are lost, until the function it returns is called. */
function listen({ io }: Session, source: LiveSource, watch: Watch, view: LiveView): () => void {
  let lost = 0
  const timer = setInterval(() => {
    source.askLosses()
    const { drops } = source
    if (drops !== null && drops > lost) view.warn(`${drops} packets lost so far (-B enlarges the kernel's buffer)`)
    lost = Math.max(lost, drops ?? 0)
  }, STATISTICS)
  let deafen = (): void => { /* nothing is held yet */ }
  const stop = (): void => {
    deafen() // a second signal ends the process at once
    watch.stop()
  }
  const release = io.onSignals(stop, () => { view.warn(counts(source, watch)) })
  process.on('SIGTERM', stop) // as who supervises services ends them
  deafen = () => {
    release()
    process.off('SIGTERM', stop)
  }
  return () => {
    clearInterval(timer)
    deafen()
  }
}

function complain(session: Session, what: string): void {
  session.io.say(`pcap-conntrack: ${what}\n`)
  session.exitCode = EXIT.INPUT
}

function counts(source: LiveSource, { engine }: Watch): string {
  const { losses } = source
  const lost = losses === null ? 'how many were lost is not known'
    : `lost: ${losses.kernel ?? 0} in the kernel, ${losses.interface ?? 0} at the interface`
  return `${engine.frames} frames, ${engine.packets} of them IP packets; ${lost}`
}

function report(source: LiveSource, watch: Watch, say: (text: string) => void): void {
  say(counts(source, watch))
  const { clock, copies } = watch.engine
  if (copies > 0) say(`${copies} packets were seen twice and tracked once (--copies track tracks each)`)
  const { backwards } = clock
  if (backwards > 0) say(`${backwards} frames older than one before them; taken at the latest time seen`)
  for (const [type, frames] of watch.unsupported) say(`${frames} frames of link type ${type}, which nothing here reads`)
}

function giveUpRoot({ user }: CaptureRequest, say: (text: string) => void): void {
  if (user !== null) {
    becomeUser(user)
    say(`root is given up: now ${user.name}`)
  } else if (isRoot()) say('running on as root; -Z USER gives it up')
}

function requestOf(options: LiveOptions, filter: string): CaptureRequest {
  const { interface: device, snapshotLength, bufferSize } = options
  if (device === undefined) {
    throw new LiveError('where to listen? name an interface with -i', deviceNames())
  }
  return {
    device, filter,
    snapLength: snapshotLength === undefined ? null : number('-s', snapshotLength, 14),
    promiscuous: options.promiscuousMode,
    direction: oneOf('-Q', options.direction, ['in', 'out', 'inout']) as Direction,
    bufferKib: bufferSize === undefined ? null : number('-B', bufferSize, 1),
    user: userToBecome(options.relinquish),
  }
}

function recorderOf({ write, fileSize, rotateSeconds }: LiveOptions): Recorder | null {
  if (write === undefined) {
    if (fileSize !== undefined || rotateSeconds !== undefined) throw new UsageError('-C and -G are for files: name one with -w')
    return null
  }
  return new Recorder(write, {
    mostBytes: fileSize === undefined ? null : number('-C', fileSize, 1) * MEGABYTE,
    seconds: rotateSeconds === undefined ? null : number('-G', rotateSeconds, 1),
  })
}

/** A whole number, at least `least`. @throws UsageError */
function number(option: string, text: string, least: number): number {
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value >= least) return value
  throw new UsageError(`${option} ${text}: write a whole number, at least ${least}`)
}
