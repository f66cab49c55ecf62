// The helpers there are, and which of them the user wants on which ports.

import { UsageError } from '../base/errors.ts'
import { AF_INET6, IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { Amanda } from './amanda.ts'
import { Broadcast } from './broadcast.ts'
import { Ftp } from './ftp.ts'
import type { Helper } from './helper.ts'
import { H245, Q931, Ras } from './h323/h323.ts'
import { Irc } from './irc.ts'
import { defaultParameters, PARAMETERS, type Parameters } from './parameters.ts'
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
function byName(parameters: Parameters): ReadonlyMap<string, readonly Helper[]> {
  const calls = new Q931()
  const registrations = new Ras(parameters)
  return new Map<string, readonly Helper[]>([
    ['ftp', [new Ftp(parameters)]],
    ['tftp', [new Tftp()]],
    ['irc', [new Irc(parameters)]],
    ['sip', [new Sip(IPPROTO_UDP, parameters), new Sip(IPPROTO_TCP, parameters)]],
    ['pptp', [new Pptp()]],
    ['amanda', [new Amanda(parameters)]],
    ['sane', [new Sane()]],
    ['netbios-ns', [new Broadcast('netbios-ns', 137, 3)]],
    ['snmp', [new Broadcast('snmp', 161, 30)]],
    ['h323', [calls, registrations, new H245()]],
    ['q.931', [calls]],
    ['ras', [registrations]],
  ])
}

/** The names `--helper` takes, `all` apart. */
export const HELPER_NAMES: readonly string[] = [...byName(defaultParameters()).keys()]

const MOST_CHANNELS = 255 // NF_CT_EXPECT_MAX_CNT

const NUMBERED: readonly string[] = attach([]).helpers.map(({ name }) => name)

/** The name of a helper by its number in a connection's record; null for 0. */
export function helperName(number: number): string | null {
  return NUMBERED[number - 1] ?? null
}

/**
 * The number of a helper by the name a rule gives it (`CT --helper`); 0 for none that reads this protocol and IP version.
 * @param protocol  null where the rule is for any
 */
export function helperNumber(name: string, protocol: number | null, isIpv6: boolean): number {
  return attach([]).helpers.findIndex((helper) => helper.name === name && (protocol === null || helper.protocol === protocol) &&
    (helper.family === 0 || (helper.family === AF_INET6) === isIpv6)) + 1
}

/** One `--helper`, read. */
interface Choice {
  readonly text: string
  readonly name: string
  readonly port: number | null
}

/**
 * Makes the helpers, and puts those that are wanted on their ports.
 *
 * @param wanted  `name`, `name:port`, either with parameters of its module behind commas (`ftp:2121,loose=1`), or `all`:
 *                each helper on its usual port
 * @throws        UsageError
 */
export function attach(wanted: readonly string[]): { helpers: readonly Helper[], attachments: readonly Attachment[] } {
  const parameters = defaultParameters()
  const choices = wanted.map((text) => readChoice(text, parameters))
  const known = byName(parameters)
  const attachments: Attachment[] = []
  for (const { text, name, port } of choices) {
    const helpers = name === 'all' ? [...known.values()].flat() : known.get(name) ?? []
    if (port !== null && new Set(helpers.map((helper) => helper.port)).size > 1) {
      throw new UsageError(`helper ${text}: there are several ports; write q.931:${String(port)} or ras:${String(port)}`)
    }
    for (const helper of helpers) if (helper.port !== 0) attachments.push({ helper, port: port ?? helper.port })
  }
  return { helpers: [...new Set([...known.values()].flat())], attachments }
}

/** @param parameters  where those that are given are set */
function readChoice(text: string, parameters: Parameters): Choice {
  const [place = '', ...settings] = text.split(',')
  const [, spelt = '', port] = /^([^:]*)(?::(.*))?$/.exec(place) ?? []
  const name = spelt.toLowerCase()
  if (name !== 'all' && !HELPER_NAMES.includes(name)) {
    throw new UsageError(`unknown helper "${spelt}": there are ${HELPER_NAMES.join(', ')}, and all`)
  }
  for (const setting of settings) {
    const [, key = '', value = '1'] = /^([^=]*)(?:=(.*))?$/.exec(setting) ?? []
    const own = PARAMETERS.filter(([, , , helper]) => helper === (name === 'ras' ? 'h323' : name))
    const parameter = own.find(([known]) => known === key)
    if (parameter === undefined) {
      const known = own.length === 0 ? 'it has none' : `it has ${own.map(([one]) => one).join(', ')}`
      throw new UsageError(`helper ${text}: no parameter "${key}", ${known}`)
    }
    const [, , unit] = parameter
    if (!/^\d{1,9}$/.test(value) || (unit === 'channels' && !(Number(value) >= 1 && Number(value) <= MOST_CHANNELS))) {
      throw new UsageError(`helper ${text}: "${value}" is no number of ${unit === 'bool' ? 'a switch' : unit}`)
    }
    parameters[parameter[0]] = Number(value)
  }
  return { text, name, port: port === undefined ? null : readPort(text, port) }
}

function readPort(choice: string, text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw new UsageError(`helper ${choice}: "${text}" is no port`)
  return port
}
