// The helpers there are, and which of them the user wants on which ports.

import { UsageError } from '../base/errors.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { Amanda } from './amanda.ts'
import { Broadcast } from './broadcast.ts'
import { Ftp } from './ftp.ts'
import type { Helper } from './helper.ts'
import { H245, Q931, Ras } from './h323/h323.ts'
import { Irc } from './irc.ts'
import { Pptp } from './pptp.ts'
import { Sane } from './sane.ts'
import { Sip } from './sip/sip.ts'
import { Tftp } from './tftp.ts'

/** A helper on a port: connections opened to that port get it. */
export interface Attachment {
  readonly helper: Helper
  readonly port: number
}

/** What `--helper` names, and the helpers that are meant. */
function byName(): ReadonlyMap<string, readonly Helper[]> {
  const calls = new Q931()
  const registrations = new Ras()
  return new Map<string, readonly Helper[]>([
    ['ftp', [new Ftp()]],
    ['tftp', [new Tftp()]],
    ['irc', [new Irc()]],
    ['sip', [new Sip(IPPROTO_UDP), new Sip(IPPROTO_TCP)]],
    ['pptp', [new Pptp()]],
    ['amanda', [new Amanda()]],
    ['sane', [new Sane()]],
    ['netbios-ns', [new Broadcast('netbios-ns', 137, 3)]],
    ['snmp', [new Broadcast('snmp', 161, 30)]],
    ['h323', [calls, registrations, new H245()]],
    ['q.931', [calls]],
    ['ras', [registrations]],
  ])
}

/** The names `--helper` takes, `all` apart. */
export const HELPER_NAMES: readonly string[] = [...byName().keys()]

/**
 * Makes the helpers, and puts those that are wanted on their ports.
 *
 * @param wanted  `name`, `name:port`, or `all`: each on its usual port
 * @throws        UsageError
 */
export function attach(wanted: readonly string[]): { helpers: readonly Helper[], attachments: readonly Attachment[] } {
  const known = byName()
  const attachments: Attachment[] = []
  for (const choice of wanted.flatMap((one) => one === 'all' ? [...known.keys()] : [one])) {
    const [, name = '', port] = /^([^:]*)(?::(.*))?$/.exec(choice) ?? []
    const helpers = known.get(name.toLowerCase())
    if (helpers === undefined) throw new UsageError(`unknown helper "${name}": there are ${HELPER_NAMES.join(', ')}, and all`)
    if (port !== undefined && new Set(helpers.map((helper) => helper.port)).size > 1) {
      throw new UsageError(`helper ${choice}: h323 has several ports; write q.931:${port} or ras:${port}`)
    }
    for (const helper of helpers) {
      if (helper.port !== 0) attachments.push({ helper, port: port === undefined ? helper.port : readPort(choice, port) })
    }
  }
  return { helpers: [...new Set([...known.values()].flat())], attachments }
}

function readPort(choice: string, text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw new UsageError(`helper ${choice}: "${text}" is no port`)
  return port
}
