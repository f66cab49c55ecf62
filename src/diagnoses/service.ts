// The flows that ask for one service.

import { endText, type Flow } from './flow.ts'

/** All TCP flows to one address and port. */
export class Service {
  readonly address: string
  readonly port: number
  readonly flows: Flow[] = []

  constructor(address: string, port: number) {
    this.address = address
    this.port = port
  }

  /** `198.51.100.1:80/tcp` */
  get text(): string { return `${endText(this.address, this.port)}/tcp` }
  /** The client was seen and never the server. */
  get half(): Flow[] { return this.flows.filter((flow) => flow.isClientOnly) }
  /** Of those, the ones that somebody answered on a path unseen. */
  get answeredUnseen(): Flow[] { return this.flows.filter((flow) => flow.isAnsweredUnseen) }
  get twoSided(): Flow[] { return this.flows.filter((flow) => flow.isTwoSided) }
  /** Flows seen to go on from here: to another station, or out of the machine that captured. */
  get passedOn(): Flow[] { return this.flows.filter(isPassedOn) }
  get tunnelled(): Flow[] { return this.flows.filter((flow) => flow.inner > 0) }
  /** Flows seen a second time with another address of the server. */
  get translated(): Flow[] { return this.flows.filter((flow) => flow.natTo !== null) }
}

/** The copies went where the first did not, with as many hops or one less. */
function isPassedOn(flow: Flow): boolean {
  return flow.copies > 0 && flow.copyHops >= 0 && flow.copyHops <= 1
}
