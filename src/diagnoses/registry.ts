// All diagnoses, in the order they are told.

import { arpProblem } from './arp-problem.ts'
import { asymmetricRoute } from './asymmetric-route.ts'
import { backscatter } from './backscatter.ts'
import { capturedLate, captureLoss } from './capture-gaps.ts'
import type { Context } from './context.ts'
import { deadEnd } from './dead-end.ts'
import { directReturnClient } from './direct-return-client.ts'
import { dnsRace } from './dns-race.ts'
import { expiredElsewhere } from './expired-elsewhere.ts'
import { type Diagnosis, type Finding, SEVERITIES } from './finding.ts'
import { halfConnection } from './half-connection.ts'
import { helperOff } from './helper-off.ts'
import { idleCut } from './idle-cut.ts'
import { invalidEaten } from './invalid-eaten.ts'
import { invalidPackets } from './invalid-packets.ts'
import { lvsDrDirector } from './lvs-dr-director.ts'
import { lvsNat } from './lvs-nat.ts'
import { lvsRealServer } from './lvs-real-server.ts'
import { lvsTunDirector } from './lvs-tun-director.ts'
import { oneDirection } from './one-direction.ts'
import { portReuse } from './port-reuse.ts'
import { refused } from './refused.ts'
import { synFlood } from './syn-flood.ts'
import { synScan } from './syn-scan.ts'
import { tablePressure } from './table-pressure.ts'
import { udpBlackHole } from './udp-black-hole.ts'
import { untranslated } from './untranslated.ts'

const DIAGNOSES: readonly Diagnosis[] = [
  invalidEaten, arpProblem, lvsDrDirector, lvsTunDirector, lvsNat, lvsRealServer, directReturnClient, oneDirection,
  asymmetricRoute, halfConnection, deadEnd, expiredElsewhere, idleCut, untranslated, invalidPackets, udpBlackHole, dnsRace,
  portReuse, tablePressure, synFlood, synScan, backscatter, refused, helperOff, captureLoss, capturedLate,
]

/** All that the evidence says, the gravest and surest first. */
export function diagnose(context: Context): Finding[] {
  return DIAGNOSES.flatMap((diagnosis) => diagnosis(context)).sort((a, b) =>
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || b.confidence - a.confidence)
}
