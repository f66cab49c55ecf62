// The forms in which the verdict of each packet can be printed: a list, each loaded when it is asked for.

import { UsageError } from '../base/errors.ts'
import type { MakePacketForm } from './packet-form.ts'

const FORMS = {
  tsv: async () => (await import('./packet-tsv.ts')).packetTsv,
  json: async () => (await import('./packet-json.ts')).packetJson,
  table: async () => (await import('./packet-table.ts')).packetTable,
  ovs: async () => (await import('./packet-ovs.ts')).packetOvs,
} as const satisfies Readonly<Record<string, () => Promise<MakePacketForm>>>

export const PACKET_FORM_NAMES = Object.keys(FORMS)

/** Loads a form by its name. @throws UsageError */
export async function loadPacketForm(name: string): Promise<MakePacketForm> {
  const load = (FORMS as Readonly<Record<string, () => Promise<MakePacketForm>>>)[name]
  if (load === undefined) throw new UsageError(`unknown output "${name}": there are ${PACKET_FORM_NAMES.join(', ')}`)
  return load()
}
