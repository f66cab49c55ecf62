// The parameters of the kernel's helper modules: what each is when nobody sets it, and which helper it belongs to.

export type ParameterUnit = 'bool' | 'seconds' | 'channels'

//    parameter              default  unit        helper    what it does
export const PARAMETERS = [
  ['loose',                        0, 'bool',     'ftp',    'believe an announced address that is not the announcer\'s own'],
  ['max_dcc_channels',             8, 'channels', 'irc',    'offers that may be open at once'],
  ['dcc_timeout',                300, 'seconds',  'irc',    'how long an offer stands'],
  ['sip_timeout',              3_600, 'seconds',  'sip',    'how long signalling lives after a message'],
  ['sip_direct_signalling',        1, 'bool',     'sip',    'expect calls from the registrar alone'],
  ['sip_direct_media',             1, 'bool',     'sip',    'expect media between the endpoints of the signalling alone'],
  ['master_timeout',             300, 'seconds',  'amanda', 'how long the control connection lives after an answer'],
  ['default_rrq_ttl',            300, 'seconds',  'h323',   'how long a registration lives that does not say'],
  ['gkrouted_only',                1, 'bool',     'h323',   'expect calls from the gatekeeper alone'],
] as const satisfies readonly (readonly [name: string, value: number, unit: ParameterUnit, helper: string, text: string])[]

export type ParameterName = (typeof PARAMETERS)[number][0]
export type Parameters = Record<ParameterName, number>

/** The values of modules loaded without any. */
export function defaultParameters(): Parameters {
  return Object.fromEntries(PARAMETERS.map(([name, value]) => [name, value])) as Parameters
}
