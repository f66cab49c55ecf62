// The flows that ask for one service.

import { endText, type Flow } from './flow.ts'

/** All TCP flows to one address and port. */
export class Service {
  readonly address: string
  readonly port: number
  readonly flows: Flow[] = []
  // Parts of them, found when they are first asked for: all flows are in by then.
  #half: readonly Flow[] | null = null
  #answeredUnseen: readonly Flow[] | null = null
  #twoSided: readonly Flow[] | null = null

  constructor(address: string, port: number) {
    this.address = address
    this.port = port
  }

  /** `198.51.100.1:80/tcp` */
  get text(): string { return `${endText(this.address, this.port)}/tcp` }
  /** The client was seen and never the server. */
  get half(): readonly Flow[] { return this.#half ??= this.flows.filter((flow) => flow.isClientOnly) }
  /** Of those, the ones that somebody answered on a path unseen. */
  get answeredUnseen(): readonly Flow[] { return this.#answeredUnseen ??= this.half.filter((flow) => flow.isAnsweredUnseen) }
  get twoSided(): readonly Flow[] { return this.#twoSided ??= this.flows.filter((flow) => flow.isTwoSided) }
  /** Flows seen to go on from here: to another station, or out of the machine that captured. */
  get passedOn(): readonly Flow[] { return this.flows.filter(isPassedOn) }
  get tunnelled(): readonly Flow[] { return this.flows.filter((flow) => flow.inner > 0) }
  /** Flows seen a second time with another address of the server. */
  get translated(): readonly Flow[] { return this.flows.filter((flow) => flow.natTo !== null) }
}

/** The copies went where the first did not, with as many hops or one less. */
function isPassedOn(flow: Flow): boolean {
  return flow.copies > 0 && flow.copyHops >= 0 && flow.copyHops <= 1
}
