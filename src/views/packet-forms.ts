// The forms in which the verdict of each packet can be printed: a list, each loaded when it is asked for.

import { UsageError } from '../base/errors.ts'
import type { Frame } from '../capture/frame.ts'
import type { Packet } from '../ip/packet.ts'
import type { TextBuffer } from './text-buffer.ts'

export interface PacketFormOptions {
  readonly colour: boolean
  readonly width: number
}

/** One form of output for packets. A run prints `begin`, each packet, `end`. */
export interface PacketForm {
  begin?(out: TextBuffer): void
  packet(out: TextBuffer, frame: Frame, packet: Packet): void
  end?(out: TextBuffer): void
}

export type MakePacketForm = (options: PacketFormOptions) => PacketForm

const FORMS = {
  tsv: async () => (await import('./packet-tsv.ts')).packetTsv,
} as const satisfies Readonly<Record<string, () => Promise<MakePacketForm>>>

export const PACKET_FORM_NAMES = Object.keys(FORMS)

/** Loads a form by its name. @throws UsageError */
export async function loadPacketForm(name: string): Promise<MakePacketForm> {
  const load = (FORMS as Readonly<Record<string, () => Promise<MakePacketForm>>>)[name]
  if (load === undefined) throw new UsageError(`unknown output "${name}": there are ${PACKET_FORM_NAMES.join(', ')}`)
  return load()
}
