// What live shows: tables as text, one after another, or what became of their entries; events; or a table that fills the screen and
// answers to keys.

import { writeFileSync } from 'node:fs'
import {
  DIFF_FORM_NAMES, diffJson, DiffPrinter, diffText, DiffWatch, type Engine, type Entries, entriesOf, type Frame, loadEventForm, loadForm,
  type Moment, type OnEvent, type Order, printProc, type Row, rowOf, type Sysctl, TablePrinter, visibleRows,
} from '../index.ts'
import { besideLines, compareWithKernel } from '../live/beside-kernel.ts'
import type { LiveSource } from '../live/live-source.ts'
import { draw } from '../live/top/screen.ts'
import { Terminal } from '../live/top/terminal.ts'
import { Top } from '../live/top/top.ts'
import { wantedEvents } from './event-mask.ts'
import { oneOf } from './options.ts'
import type { Session } from './session.ts'

export interface LiveView {
  /** The interface is open. @param stop  ends the capture */
  begin?(title: string, source: LiveSource, stop: () => void): void
  onPacket?(engine: Engine, frame: Frame): void
  readonly onEvent?: OnEvent
  /** @param kernel  the kernel's table at that moment, null where it is not looked at */
  show(moment: Moment, kernel: Entries | null): void | Promise<void>
  /** Says something beside the data. */
  warn(text: string): void
  /** After the last moment. */
  end(): void | Promise<void>
  /** Whatever happened. */
  close?(): void
}

/** Which entries are wanted; default: all. */
type Where = ((row: Row) => boolean) | undefined

export interface PlainOptions {
  readonly form: string
  readonly where: Where
  readonly order: Order | undefined
  readonly expectations: boolean
  readonly colour: boolean
  readonly sysctl: Sysctl
}

export interface DiffViewOptions {
  readonly form: string
  readonly where: Where
  readonly colour: boolean
}

export interface EventsOptions {
  readonly form: string
  readonly where: Where
  /** As `--event-mask` has it. */
  readonly mask: string
  readonly sysctl: Sysctl
  readonly hz: number
}

/** Tables as text. @throws UsageError for a form that there is none of */
export async function plainView(session: Session, options: PlainOptions): Promise<LiveView> {
  const { io, out } = session
  const { form, where, order, expectations, colour, sysctl } = options
  const makeForm = await loadForm(form)
  const printer = new TablePrinter(makeForm({
    counters: sysctl.acct === 1,
    timestamps: sysctl.timestamp === 1,
    colour,
    width: io.outIsTerminal ? io.columns : Infinity,
    several: true,
    expectations,
  }), out, { several: true, expectations, where, order })
  return {
    async show(moment, kernel) {
      await printer.print(moment)
      if (kernel === null) return
      for (const line of besideLines(compareWithKernel(entriesOf(moment.engine), kernel, where))) out.text(`${line}\n`)
      await out.flush()
    },
    warn(text) { io.say(`pcap-conntrack: ${text}\n`) },
    end: () => printer.end(),
  }
}

/** What became of the entries since the table before. @throws UsageError for a form that there is none of */
export function diffView(session: Session, { form, where, colour }: DiffViewOptions): LiveView {
  const { io, out } = session
  const isJson = oneOf('--output', form, DIFF_FORM_NAMES) === 'json'
  const printer = new DiffPrinter(isJson ? diffJson(true) : diffText({ colour }), out, { where })
  let watch: DiffWatch | null = null
  return {
    async show(moment) {
      watch ??= new DiffWatch(moment.engine)
      watch.begin(moment.time)
      const step = watch.step(moment)
      if (step !== null) await printer.print(step.from, step.to, step.elapsed, step.endOf)
      watch.take()
    },
    warn(text) { io.say(`pcap-conntrack: ${text}\n`) },
    end: () => printer.end(),
  }
}

/** Connections that are new, changed and gone, as `conntrack -E` prints them. @throws UsageError */
export async function eventsView(session: Session, { form: name, where, mask, sysctl, hz }: EventsOptions): Promise<LiveView> {
  const { io, out } = session
  const wanted = wantedEvents(mask)
  const makeForm = await loadEventForm(name)
  const form = makeForm({ counters: sysctl.acct === 1, timestamps: sysctl.timestamp === 1, hz })
  return {
    begin() { form.begin?.(out) },
    onEvent(event) {
      if (wanted[event.type] === true && (where === undefined || where(rowOf(event.conn, event.tick, hz)))) form.event(out, event)
    },
    show: () => out.flush(),
    warn(text) { io.say(`pcap-conntrack: ${text}\n`) },
    end() {
      form.end?.(out)
      return out.flush()
    },
  }
}

const COST = 10 // a table is taken at most so many times its own cost after the one before

export interface FullScreenOptions {
  readonly where: Where
  /** What it is sorted by at first. */
  readonly order: Order | undefined
  readonly colour: boolean
}

/** The full screen. */
export function fullScreenView(session: Session, { where, order, colour }: FullScreenOptions): LiveView {
  let top = new Top('')
  let terminal: Terminal | null = null
  let source: LiveSource | null = null
  let notBefore = 0
  const paint = (): void => { terminal?.draw(draw(top, { width: terminal.width, height: terminal.height, colour })) }
  return {
    begin(title, from, stop) {
      source = from
      top = new Top(`pcap-conntrack live: ${title}, through ${from.program.name}`, order)
      terminal = new Terminal((key) => {
        const wish = top.key(key)
        if (wish === 'quit') stop()
        else if (wish === 'save') top.note = save(top)
        paint()
      }, paint)
      paint()
    },
    onPacket(engine, frame) { top.remarks.add(engine, frame) },
    show({ engine, time }, kernel) {
      const start = performance.now()
      if (start < notBefore) return
      const { stats } = engine.table
      top.take({
        time, packets: engine.packets, invalid: stats.invalid, created: stats.created, earlyDrop: stats.earlyDrop,
        tableFull: stats.tableFull, most: engine.sysctl.max, lost: source?.drops ?? null,
      }, visibleRows(engine, where), kernel === null ? null : compareWithKernel(entriesOf(engine), kernel, where))
      notBefore = performance.now() + COST * (performance.now() - start)
      paint()
    },
    warn(text) {
      if (terminal === null) session.io.say(`pcap-conntrack: ${text}\n`)
      top.note = text
    },
    end() { /* the last table went with the screen */ },
    close() {
      terminal?.close()
      terminal = null
    },
  }
}

/** Saves the table shown beside where we run. @returns what to say */
function save({ shown }: Top): string {
  if (shown === undefined) return 'there is no table yet'
  const { time } = shown.totals
  const path = `conntrack-${new Date(time.sec * 1000 + Math.floor(time.nsec / 1e6)).toISOString().replace(/:/g, '')}.txt`
  const { entries } = shown
  const lines = Array.from({ length: entries.length }, (_, i) => `${printProc(entries.row(i), { counters: true, timestamps: false })}\n`)
  try {
    writeFileSync(path, lines.join(''))
    return `saved: ${path}`
  } catch (error) {
    return `not saved: ${(error as Error).message}`
  }
}
