// explain: the life of one connection, packet by packet, and what decided.

import type { Command } from 'commander'
import {
  EXPLAIN_FORM_NAMES, Explanation, FlowFinder, type FlowTuple, parseFlow, printExplanation, UsageError,
} from '../../index.ts'
import { EXIT } from '../exit-codes.ts'
import { addCommonOptions, type CommonOptions, engineOptions, oneOf, wantsColour } from '../options.ts'
import type { Session } from '../session.ts'

interface ExplainOptions extends CommonOptions {
  frame?: string
  flow?: string
  output: string
}

const EXAMPLES = `
Examples:
  pcap-conntrack explain capture.pcap --frame 7                                     the connection that frame 7 belongs to
  pcap-conntrack explain capture.pcap --flow 'tcp 10.0.0.1:40000 10.0.0.2:80'       this one
  pcap-conntrack explain capture.pcap --flow 'icmp 10.0.0.1 10.0.0.2 id 77'         a ping; GRE as 'gre 10.0.0.1 10.0.0.2'
  pcap-conntrack explain capture.pcap --frame 7 -o markdown > why.md                to hand on

Sequence numbers are relative to the first of their side. Roman numbers are the bounds of the window check.`

export function define(command: Command, session: Session): void {
  addCommonOptions(command
    .description('tell the life of a connection: what each packet met, which rule decided, and what would change it')
    .argument('<capture...>', 'pcap or pcapng files')
    .option('--frame <number>', 'the connection that this frame belongs to, counted from 1')
    .option('--flow <tuple>', 'this connection, in either direction: \'tcp 10.0.0.1:40000 10.0.0.2:80\'')
    .option('-o, --output <form>', EXPLAIN_FORM_NAMES.join(', '), 'text'))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: ExplainOptions) => { await run(session, paths, options) })
}

async function run(session: Session, paths: string[], options: ExplainOptions): Promise<void> {
  const { out, io } = session
  const form = oneOf('--output', options.output, EXPLAIN_FORM_NAMES)
  const engine = engineOptions(options)
  if ((options.frame === undefined) === (options.flow === undefined)) throw new UsageError('say which connection: --frame or --flow')
  const flow = options.flow === undefined ? await flowOfFrame(session, paths, options) : parseFlow(options.flow)
  if (flow === null) return
  const explanation = new Explanation(flow, engine.sysctl)
  await session.replay(paths, options, {
    ...engine, at: [], ordered: true, hooks: explanation, onPacket: (current, frame) => { explanation.onPacket(current, frame) },
  }, async (replay) => {
    await replay.run()
    const which = options.flow === undefined ? `--frame ${options.frame ?? ''}` : `--flow ${options.flow}`
    if (explanation.steps.length === 0) throw new UsageError(`${which}: the capture has no packet of it`)
    out.text(printExplanation({ protocol: flow.protocol, original: explanation.original }, explanation.steps, form, {
      colour: wantsColour(options, io),
    }))
  })
}

/** A first pass, up to the frame; null when it was interrupted before. @throws UsageError */
async function flowOfFrame(session: Session, paths: string[], options: ExplainOptions): Promise<FlowTuple | null> {
  const { frame: text = '' } = options
  const number = Number(text)
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--frame ${text}: write a whole number from 1`)
  if (paths.includes('-')) throw new UsageError('--frame reads the capture twice, which standard input cannot: use --flow')
  const finder = new FlowFinder(number)
  await session.replay(paths, { ...options, quiet: true }, {
    ...engineOptions(options), at: [], onPacket: (engine, frame) => { finder.onPacket(engine, frame) },
  }, async (replay) => { await replay.run() })
  return !finder.isSeen && session.exitCode !== EXIT.DONE ? null : finder.flow
}
