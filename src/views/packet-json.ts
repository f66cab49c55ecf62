// Packets as JSON: one document, a packet a line. docs/json.md says what each field is.

import { KERNEL, SCHEMA } from './schema.ts'
import type { PacketForm } from './packet-form.ts'
import { packetRowOf } from './packet-row.ts'

export function packetJson(): PacketForm {
  let packets = 0
  return {
    begin(out) { out.text(`{"schema":${JSON.stringify(SCHEMA)},"kernel":${JSON.stringify(KERNEL)},"packets":[`) },
    packet(out, frame, packet) { out.text(`${packets++ > 0 ? ',' : ''}\n${JSON.stringify(packetRowOf(frame, packet))}`) },
    end(out) { out.text(']}\n') },
  }
}
