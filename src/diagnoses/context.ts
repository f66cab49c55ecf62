// The evidence, in order: flows by the service they ask for, and where the capture was taken.

import type { IdleTimeouts } from '../base/idle-timeouts.ts'
import type { Sysctl } from '../base/sysctl.ts'
import type { Evidence } from './evidence.ts'
import { endText, type Flow } from './flow.ts'
import { Service } from './service.ts'
import { decideVantage, type Vantage } from './vantage.ts'

export interface Context {
  readonly evidence: Evidence
  readonly sysctl: Sysctl
  readonly services: readonly Service[]
  readonly tcp: readonly Flow[]
  readonly vantage: Vantage
  /** Milliseconds of the evidence's clock to which entries are told. */
  readonly nowMs: number
  /** Whose timeouts silences are held against; null for nobody's. */
  readonly idle: IdleTimeouts | null
}

/**
 * @param wanted  `auto`, or what the user says the vantage is
 * @param nowMs   milliseconds of the evidence's clock
 * @param idle    a device whose timeouts silences are to be held against
 */
export function contextOf(evidence: Evidence, sysctl: Sysctl, wanted = 'auto', nowMs = evidence.nowMs,
  idle: IdleTimeouts | null = null): Context {
  const tcp = evidence.flows.all.filter((flow) => flow.isTcp)
  const services = new Map<string | number, Service>()
  for (const flow of tcp) {
    const key = serviceKey(flow)
    let service = services.get(key)
    if (service === undefined) services.set(key, service = new Service(flow.serverAddress, flow.serverPort))
    service.flows.push(flow)
  }
  const list = [...services.values()]
  return { evidence, sysctl, services: list, tcp, vantage: decideVantage(list, tcp, wanted, evidence.vrrp.announced), nowMs, idle }
}

/** The same for flows to the same address and port: a number where the address has room in one. */
function serviceKey({ isIpv4, serverWords, serverAddress, serverPort }: Flow): string | number {
  return isIpv4 ? (serverWords[0] ?? 0) * 65_536 + serverPort : endText(serverAddress, serverPort)
}
