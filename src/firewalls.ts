// What the rules of a firewall, or the flows of a switch, would have done with a capture: each in one call.

import { type CaptureOptions, openReplay, type Paths, runWhole } from './library.ts'
import type { SaveText } from './rules/iptables/save.ts'
import { type FirewallOptions, loadFirewall } from './rules/load.ts'
import { type FlowSwitchOptions, loadFlows } from './rules/openflow/load.ts'
import { FlowsRun } from './rules/openflow/run.ts'
import type { RulesetWarning } from './rules/ruleset.ts'
import { RulesRun, type RulesRunOptions } from './rules/run.ts'
import type { FlowsReport } from './views/openflow-report.ts'
import type { RulesReport } from './views/rules-report.ts'

export interface RulesCallOptions extends CaptureOptions, FirewallOptions, Omit<RulesRunOptions, 'hasHelpers'> {
  readonly hz?: number
}

/**
 * What a firewall would have dropped and counted, and the table behind it. `rulesJson` makes of it what `rules -o json` prints,
 * `printRulesText` what people read.
 *
 * @param texts  as `loadFirewall` takes them
 * @throws       UsageError, CaptureError
 */
export async function rules(
  texts: readonly SaveText[], paths: Paths, options: RulesCallOptions = {},
): Promise<RulesReport & { readonly warnings: readonly RulesetWarning[] }> {
  const { firewall, warnings } = loadFirewall(texts, options)
  const noted = new RulesRun(firewall, { isDirector: options.isDirector === true, hasHelpers: (options.helpers ?? []).length > 0 })
  const replay = await openReplay(paths, options, {
    at: [], hooks: firewall, onPacket: (engine, frame) => { noted.note(engine, frame) },
  })
  await runWhole(replay, options)
  return { engine: replay.engine, firewall, dropped: noted.dropped, findings: noted.findings(), warnings }
}

export interface OpenflowOptions extends CaptureOptions, FlowSwitchOptions {}

/**
 * What the flows of an Open vSwitch would have dropped and counted, and the table behind them. `flowsJson` makes of it what
 * `rules --openflow -o json` prints, `printFlowsText` what people read.
 *
 * @param text  as `loadFlows` takes it
 * @throws      UsageError, CaptureError
 */
export async function openflow(
  text: SaveText, paths: Paths, options: OpenflowOptions = {},
): Promise<FlowsReport & { readonly warnings: readonly RulesetWarning[] }> {
  const { flowSwitch, warnings } = loadFlows(text, options)
  const noted = new FlowsRun(flowSwitch)
  const replay = await openReplay(paths, options, {
    at: [], hooks: flowSwitch, onPacket: (engine, frame) => { noted.note(engine, frame) },
  })
  flowSwitch.ports.interfaceOf = (frame) => replay.source.origin(frame).interfaceName
  await runWhole(replay, options)
  return { engine: replay.engine, flowSwitch, dropped: noted.dropped, findings: noted.findings(), warnings }
}
