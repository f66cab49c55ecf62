// What a director held at an instant: both answers of nf_conntrack side by side, and IPVS's own.

import type { Row } from '../views/row.ts'
import { printProc } from '../views/procfs.ts'
import type { Context } from './context.ts'
import { addressesByStation, directorRows, ipvsLines } from './director.ts'
import type { Service } from './service.ts'
import type { Vantage } from './vantage.ts'

export interface DirectorMoment {
  /** The instant as it was asked for. */
  readonly at: string
  /** ISO 8601 */
  readonly time: string
  /** Lines of /proc/net/nf_conntrack with net.ipv4.vs.conntrack=0, and with 1. */
  readonly untracked: readonly string[]
  readonly tracked: readonly string[]
  /** Lines of `ipvsadm -Lnc`, without its heading. */
  readonly ipvs: readonly string[]
}

/**
 * @param context   what is known by the instant
 * @param director  what the whole capture says of the place
 * @param rows      the table of a machine that translates nothing, at the instant
 */
export function directorMoment(context: Context, director: Vantage, rows: readonly Row[], at: string, time: string): DirectorMoment {
  const forwarding = director.forwarding ?? 'direct'
  const own = new Set(director.services.map(({ text }) => text))
  const services = context.services.filter(({ text }) => own.has(text))
  const lines = (isTracked: boolean): string[] =>
    directorRows(rows, services, forwarding, isTracked, context.nowMs).map((row) => printProc(row, { counters: context.sysctl.acct === 1 }))
  return {
    at, time, untracked: lines(false), tracked: lines(true),
    ipvs: ipvsLines(services, forwarding, addressesByStation(context.evidence.arp, addressesOf(services)), context.nowMs),
  }
}

const addressesOf = (services: readonly Service[]): Set<string> => new Set(services.map(({ address }) => address))
