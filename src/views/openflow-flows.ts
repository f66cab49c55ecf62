// A switch's flows with what they have counted, as `ovs-ofctl dump-flows` prints them.

import type { Flow } from '../rules/openflow/flow.ts'
import type { FlowSwitch } from '../rules/openflow/switch.ts'

/** One flow: ` table=0, n_packets=3, n_bytes=180, priority=50,tcp actions=ct(table=0)` */
export function printFlow(flowSwitch: FlowSwitch, flow: Flow): string {
  const { table, priority, text } = flow
  const counted = `n_packets=${String(flowSwitch.packetsOf(flow))}, n_bytes=${String(flowSwitch.bytesOf(flow))}`
  return ` table=${String(table)}, ${counted}, priority=${String(priority)}${text.startsWith('actions=') ? ' ' : ','}${text}`
}

/** All flows: by table, then by falling priority. */
export function printFlows(flowSwitch: FlowSwitch): string {
  const tables = [...flowSwitch.program.tables.values()].sort((a, b) => a.number - b.number)
  return tables.flatMap(({ flows }) => flows.map((flow) => `${printFlow(flowSwitch, flow)}\n`)).join('')
}
