// The switch that a text of flows describes.

import { Ports } from './ports.ts'
import { type FlowsText, readFlows } from './flows-text.ts'
import { FlowSwitch } from './switch.ts'
import type { RulesetWarning } from '../ruleset.ts'

export interface FlowSwitchOptions {
  /** By which ports frames come in: `1=02:00:00:00:00:01`, `2=eth1`, `tap0=5`, `2` for all others. */
  readonly ports?: readonly string[]
  /** Flows that are not supported are warned of, and never match. Default: they are errors. */
  readonly isLenient?: boolean
}

/**
 * Makes a switch with flows, to be handed to an engine as its hooks.
 *
 * @param text  the output of `ovs-ofctl dump-flows`, or a file for `ovs-ofctl add-flows`
 * @throws      UsageError, which names file and line
 */
export function loadFlows(
  text: FlowsText, options: FlowSwitchOptions = {},
): { flowSwitch: FlowSwitch, warnings: readonly RulesetWarning[] } {
  const ports = new Ports(options.ports)
  const { program, warnings, ids } = readFlows(text, ports, options.isLenient === true)
  return { flowSwitch: new FlowSwitch(program, ports, ids), warnings }
}
