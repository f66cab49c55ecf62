// Runs scripts through a kernel and through us.

import { compileScript, type Sent, type Variant } from '../../test/support/script/compile.ts'
import type { Script } from '../../test/support/script/script.ts'
import { LEVELLED, type RunningKernel } from '../kernel/client.ts'
import { type Account, type Difference, differences } from '../kernel/compare.ts'
import { Ours } from '../kernel/ours.ts'
import type { Generated } from './generate.ts'
import { START_NS } from './scene.ts'

/** What both said of one script. */
export interface Judgement {
  readonly sent: readonly Sent[]
  readonly kernel: Account
  readonly ours: Account
  readonly differences: readonly Difference[]
}

/** Someone who knows the truth. */
export interface Judge {
  readonly name: string
  /** Judges scripts that do not know of each other: each has addresses of its own. */
  judge(cases: readonly Generated[]): Promise<Judgement[]>
  close(): void
}

/** The running kernel: no clock of the capture's, so that timeouts agree to a second. */
export class LiveJudge implements Judge {
  readonly name: string
  readonly #kernel: RunningKernel
  #set: readonly string[] = []
  #runs = 0

  constructor(kernel: RunningKernel) {
    this.#kernel = kernel
    this.name = `Linux ${kernel.release}, running`
  }

  async judge(cases: readonly Generated[]): Promise<Judgement[]> {
    const judgements: Judgement[] = []
    for (const { script, variant } of cases) judgements.push(await this.#one(script, variant))
    return judgements
  }

  close(): void {
    this.#kernel.close()
  }

  async #one(script: Script, variant: Variant): Promise<Judgement> {
    const kernel = this.#kernel
    // Other addresses each time: what fragments the run before left behind must not come in.
    const sent = compileScript(script, { ...variant, net: ++this.#runs & 0xffff })
    await this.#useKnobs([...LEVELLED, ...script.sysctl])
    await kernel.forget()
    const answers = await kernel.send(sent.map(({ bytes }) => bytes))
    const table = await kernel.table()
    const ours = new Ours([...LEVELLED, ...script.sysctl], kernel.hz, 1023)
    const first = answers[0]?.ns ?? 0n
    const mine = sent.map(({ bytes }, i) => ours.packet(bytes, START_NS + answers[i]!.ns - first))
    const theirs: Account = { verdicts: answers.map(({ verdict }) => verdict), reasons: answers.map(({ reasons }) => reasons), table }
    const own: Account = { verdicts: mine.map(({ verdict }) => verdict), reasons: mine.map(({ reasons }) => reasons), table: ours.table() }
    return { sent, kernel: theirs, ours: own, differences: differences(theirs, own, 1) }
  }

  async #useKnobs(wanted: readonly string[]): Promise<void> {
    if (wanted.join() === this.#set.join()) return
    const wrong = await this.#kernel.set(wanted)
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
    this.#set = wanted
  }
}
