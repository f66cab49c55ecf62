// rules: what a firewall's rules would have done with the packets of a capture.

import type { Command } from 'commander'
import {
  type Engine, type EngineOptions, fatesJson, type Firewall, loadFirewall, OPENFLOW_FORM_NAMES, printFatesText, printProc, printRulesPacket,
  printRuleset, printRulesText, RULES_FORM_NAMES, RulesFates, RulesRun, rulesJson, rulesPacketRow, type SaveText, snapshot,
  type TextBuffer, UsageError,
} from '../../index.ts'
import { addDeletionOptions, deleteOnTheWay, type DeletionOptions, type PlannedDeletion, plannedDeletions } from '../deletion-options.ts'
import { runOpenflow } from '../openflow.ts'
import { addCommonOptions, collect, type CommonOptions, engineOptions, oneOf, readText } from '../options.ts'
import type { Session } from '../session.ts'

interface RulesOptions extends CommonOptions, DeletionOptions {
  openflow?: string
  port?: string[]
  ip6?: string
  local?: string[]
  iface?: string[]
  route?: string[]
  bridge?: string | boolean
  sets?: string
  lenient?: boolean
  vantage?: string
  output: string
}

const EXAMPLES = `
Examples:
  iptables-save > fw.rules; pcap-conntrack rules fw.rules capture.pcap --local 192.0.2.1
                                               what this host would have dropped, and by which rule
  pcap-conntrack rules fw.rules capture.pcap -o packets
                                               one row a packet: frame, time, fate, ctstate, direction, what decided
  nft -j list ruleset > fw.json; pcap-conntrack rules fw.json capture.pcap --route 192.0.2.0/24=lan0 --route 0.0.0.0/0=wan0
                                               nftables: tables ip, ip6 and inet, rules in nft's own spelling
  pcap-conntrack rules fw.rules capture.pcap -o proc
                                               the entries there are at the end, with their translated tuples
  pcap-conntrack rules fw.rules capture.pcap -o save
                                               the ruleset with its counters, as iptables-save -c or nft prints them
  pcap-conntrack rules fw4.rules --ip6 fw6.rules capture.pcap --route 10.0.0.0/8=eth1 --route 0.0.0.0/0=eth0
                                               a router, both IP versions, interfaces by addresses
  pcap-conntrack rules nat.rules capture.pcap --local 10.0.0.1=lan0 --local 192.0.2.1=wan0 --route 10.0.0.0/8=lan0 --route 0.0.0.0/0=wan0
                                               a router that translates addresses; the capture may hold both its sides
  pcap-conntrack rules neutron.rules capture.pcap --bridge brq0 --iface tap1=fa:16:3e:00:00:01
                                               the rules of a bridge (bridge-nf-call-iptables), ports by stations
  pcap-conntrack rules fw.rules capture.pcap --at +30s --delete src=10.0.0.5,dport=22
                                               what \`conntrack -D\` then would have changed: packets that fare otherwise
  pcap-conntrack rules fw.rules capture.pcap --flush-at frame:120
                                               the same of \`conntrack -F\`
  pcap-conntrack rules --openflow flows.txt capture.pcap --port 1=02:00:00:00:00:01 --port 2
                                               the flows of an Open vSwitch (ovs-ofctl dump-flows): a station behind port 1,
                                               all others behind port 2

Without --local and --bridge, cooked captures tell what was sent and received; any other packet is taken as forwarded.`

export function define(command: Command, session: Session): void {
  addCommonOptions(addDeletionOptions(command
    .description('hold a firewall\'s rules (iptables-save, nft -j list ruleset) or a switch\'s flows against a capture: what is dropped, ' +
      'by which rule, and what the rules count')
    .usage('[options] <ruleset> <capture...>\n       pcap-conntrack rules [options] --openflow <flows> <capture...>')
    .argument('<ruleset>', 'output of iptables-save, ip6tables-save, or nft -j list ruleset')
    .argument('[capture...]', 'pcap or pcapng files, - for standard input')
    .option('--ip6 <ruleset>', 'rules of the other IP version')
    .option('--local <address[=name]>', 'an address or network of the machine\'s own, and the interface that has it (repeatable)', collect)
    .option('--iface <name[=mac]>', 'the interface a station is behind; without one, where the capture was taken (repeatable)', collect)
    .option('--route <network=name>', 'the interface a network is behind (repeatable)', collect)
    .option('--bridge [name]', 'the packets cross a bridge whose rules are asked; interfaces are its ports')
    .option('--openflow <flows>', 'the flows of an Open vSwitch in place of a ruleset: ovs-ofctl dump-flows, or a file for add-flows')
    .option('--port <port[=station]>', 'with --openflow: the port a station or an interface of the capture is behind; NAME=NUMBER; ' +
      'without either, all other frames (repeatable)', collect)
    .option('--sets <file>', 'members of sets, as `ipset save` writes them')
    .option('--lenient', 'warn of rules that are not supported, and let them match nothing')
    .option('--vantage <machine>', 'lvs-director: the machine sees the clients\' packets only')
    .option('-o, --output <form>', `${RULES_FORM_NAMES.join(', ')}; with --openflow ${OPENFLOW_FORM_NAMES.join(', ')}`, 'text'))
    .addHelpText('after', EXAMPLES))
    .action(async (ruleset: string, paths: string[], options: RulesOptions) => {
      if (options.openflow !== undefined) {
        if (plannedDeletions(options).length > 0) throw new UsageError('--delete and --flush-at are for rulesets, not for --openflow')
        await runOpenflow(session, options.openflow, [ruleset, ...paths], options)
      } else await run(session, ruleset, paths, options)
    })
}

async function run(session: Session, path: string, captures: string[], options: RulesOptions): Promise<void> {
  const { out, io } = session
  if (captures.length === 0) throw new UsageError('rules takes a ruleset and a capture; with --openflow the flows are its argument')
  if (options.port !== undefined) throw new UsageError('--port is for --openflow; interfaces of rules are told by --iface and --route')
  const form = oneOf('--output', options.output, RULES_FORM_NAMES)
  const engine = engineOptions(options)
  const read = (option: string, file: string): SaveText => ({ path: file, text: readText(option, file) })
  const texts = [read('ruleset', path), ...(options.ip6 === undefined ? [] : [read('--ip6', options.ip6)])]
  const settings = {
    local: options.local ?? [], ifaces: options.iface ?? [], routes: options.route ?? [], isLenient: options.lenient === true,
    hz: engine.hz,
    ...(options.bridge === undefined || options.bridge === false ? {} : { bridge: options.bridge === true ? 'br0' : options.bridge }),
    ...(options.sets === undefined ? {} : { sets: read('--sets', options.sets) }),
  }
  const { firewall, warnings } = loadFirewall(texts, settings)
  for (const { path: file, line, message } of warnings) {
    io.say(`pcap-conntrack: ${file}${line === null ? '' : `:${String(line)}`}: ${message}\n`)
  }
  const planned = plannedDeletions(options)
  if (planned.length > 0) {
    if (form !== 'text' && form !== 'json') throw new UsageError(`--output ${form} does not tell of deleted entries: write text or json`)
    await runDeletions(session, captures, options, { engine, planned, firewall, other: loadFirewall(texts, settings).firewall })
    return
  }
  const isDirector = options.vantage !== undefined && oneOf('--vantage', options.vantage, ['lvs-director', 'other']) === 'lvs-director'
  const noted = new RulesRun(firewall, { isDirector, hasHelpers: engine.helpers?.length !== 0 })
  await session.replay(captures, options, {
    ...engine, at: [], hooks: firewall,
    onPacket: (current, frame) => {
      noted.note(current, frame)
      if (form === 'packets') out.text(`${printRulesPacket(rulesPacketRow(firewall, frame, current.packet))}\n`)
      else if (form === 'jsonl') out.text(`${JSON.stringify(rulesPacketRow(firewall, frame, current.packet))}\n`)
    },
  }, async (replay) => {
    await replay.run()
    const report = { engine: replay.engine, firewall, dropped: noted.dropped, findings: noted.findings() }
    if (form === 'text') out.text(printRulesText(report))
    else if (form === 'save') for (const ruleset of firewall.rulesets) out.text(printRuleset(firewall, ruleset))
    else if (form === 'json') out.text(`${JSON.stringify(rulesJson(report), null, 2)}\n`)
    else if (form === 'proc') printTable(out, replay.engine)
  })
}

/** What /proc/net/nf_conntrack holds when the capture is over: translated addresses show in the second tuple. */
function printTable(out: TextBuffer, engine: Engine): void {
  for (const row of snapshot(engine)) out.text(`${printProc(row, { counters: engine.sysctl.acct !== 0 })}\n`)
}

/** Runs the capture in two worlds, of which one loses entries. */
async function runDeletions(session: Session, captures: string[], options: RulesOptions, { engine, planned, firewall, other }: {
  readonly engine: EngineOptions
  readonly planned: readonly PlannedDeletion[]
  readonly firewall: Firewall
  readonly other: Firewall
}): Promise<void> {
  const fates = new RulesFates(firewall, other, engine)
  const at = planned.map(({ when }) => when)
  await session.replay(captures, options, { ...engine, hooks: firewall, at, onPacket: fates.packet }, async (replay) => {
    const moments = await deleteOnTheWay(replay, fates.engine, planned)
    const count = ({ table }: Engine): number => table.visible().length
    const report = { moments, fates, entries: count(replay.engine), otherEntries: count(fates.engine) }
    session.out.text(options.output === 'json' ? `${JSON.stringify(fatesJson(report), null, 2)}\n` : printFatesText(report))
  })
}
