// What a form of output for packets is: the interface that each file of a form fills in.

import type { Frame } from '../capture/frame.ts'
import type { Engine } from '../engine.ts'
import type { Packet } from '../ip/packet.ts'
import type { TextBuffer } from './text-buffer.ts'

export interface PacketFormOptions {
  readonly colour: boolean
  readonly width: number
}

/** One form of output for packets. A run prints `begin`, each packet, `end`. */
export interface PacketForm {
  begin?(out: TextBuffer): void
  /** @param engine  the one the packet just went through */
  packet(out: TextBuffer, frame: Frame, packet: Packet, engine: Engine): void
  end?(out: TextBuffer): void
}

export type MakePacketForm = (options: PacketFormOptions) => PacketForm
