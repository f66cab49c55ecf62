// Packets for a person at a terminal.

import { formatTime } from '../base/when.ts'
import { VERDICT_NONE } from '../base/verdict.ts'
import { type GridColumn, GridPrinter } from './grid-printer.ts'
import type { PacketForm, PacketFormOptions } from './packet-form.ts'
import { packetRowOf } from './packet-row.ts'
import { protocolName } from './snapshot.ts'

const COLUMNS: readonly GridColumn[] = [
  { title: 'frame', align: 'right' },
  { title: 'time', drop: 2 },
  { title: 'proto', drop: 1 },
  { title: 'ctstate' },
  { title: 'direction' },
  { title: 'reason' },
]

const COLOURS: Readonly<Record<string, string>> = { NEW: '33', ESTABLISHED: '32', RELATED: '36', INVALID: '31', UNTRACKED: '90' }

export function packetTable(options: PacketFormOptions): PacketForm {
  const grid = new GridPrinter(COLUMNS, options)
  return {
    packet(out, frame, packet) {
      const row = packetRowOf(frame, packet)
      grid.add(out, [
        String(row.frame),
        formatTime({ sec: frame.sec, nsec: frame.nsec }),
        protocolName(packet.protocol),
        packet.verdict === VERDICT_NONE ? row.verdict : { text: row.verdict, colour: COLOURS[row.verdict] ?? '0' },
        row.direction ?? '-',
        row.reason ?? '',
      ])
    },
    end(out) { grid.end(out) },
  }
}
