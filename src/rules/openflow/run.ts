// One run of a capture through a switch: what to note of each packet.

import type { Frame } from '../../capture/frame.ts'
import type { Engine } from '../../engine.ts'
import { DroppedFlows } from '../flows.ts'
import { type FlowFinding, lintFlows } from './lint.ts'
import type { FlowDecision, FlowSwitch } from './switch.ts'

export class FlowsRun {
  readonly flowSwitch: FlowSwitch
  readonly dropped = new DroppedFlows<FlowDecision>()

  constructor(flowSwitch: FlowSwitch) { this.flowSwitch = flowSwitch }

  /** To be called with every packet that the engine took. */
  note({ packet }: Engine, frame: Frame): void {
    const { flowSwitch } = this
    if (!flowSwitch.hasMet(frame) || !flowSwitch.isDropped) return
    const { decision } = flowSwitch
    const by = `${decision.reason} ${String(decision.table)} ${String(decision.flow?.id)}`
    this.dropped.add(packet, frame, flowSwitch.facts, decision, by)
  }

  /** What is wrong with the flows, as far as the capture has shown. */
  findings(): FlowFinding[] { return lintFlows(this.flowSwitch) }
}
