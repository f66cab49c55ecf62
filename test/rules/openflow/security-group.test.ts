// One security group in both forms that Neutron has for it, on one capture.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type EngineOptions, loadFirewall, loadFlows, openCapture, Replay, snapshot } from '../../../src/index.ts'
import { ROOT } from '../../support/sources.ts'

const path = (name: string): string => join(ROOT, 'samples', name)
const read = (name: string): { path: string, text: string } => ({ path: name, text: readFileSync(path(name), 'utf8') })

/** Which packets pass, and what the table holds in the end. */
async function run(
  hooks: NonNullable<EngineOptions['hooks']> & { readonly isDropped: boolean },
): Promise<{ fates: boolean[], table: object[] }> {
  const fates: boolean[] = []
  const replay = new Replay(await openCapture(path('security-group.pcap')), { hooks, onPacket: () => { fates.push(!hooks.isDropped) } })
  await replay.run()
  return { fates, table: snapshot(replay.engine).map(({ l4, zone, original, reply, state }) => ({ l4, zone, original, reply, state })) }
}

test('rules of iptables and flows of Open vSwitch let the same packets through, and leave the same connections', async () => {
  const { firewall } = loadFirewall([read('security-group.rules')], {
    bridge: 'qbr5f3a0c1e-2b', ifaces: ['tap5f3a0c1e-2b=fa:16:3e:00:00:05', 'qvb5f3a0c1e-2b=fa:16:3e:00:00:01'],
  })
  const { flowSwitch } = loadFlows(read('security-group.flows'), { ports: ['5=fa:16:3e:00:00:05', '1'] })
  const [rules, flows] = [await run(firewall), await run(flowSwitch)]
  expect(flows).toEqual(rules)
  expect(flows.fates.flatMap((passes, i) => passes ? [] : [i + 1])).toEqual([6, 7, 14, 15])
  expect(flows.table).toHaveLength(4)
  expect(flows.table).toMatchObject([{ zone: 3 }, { zone: 3 }, { zone: 3 }, { zone: 3 }])
})
