// Our table beside the kernel's, entry by entry: what is the same, what differs, what only one of them has.

import { type Changed, diffEntries, type Entries, flowName, type Row } from '../index.ts'

export interface Beside {
  readonly same: number
  /** What the kernel has of flows that differ or that we alone have, by flow. */
  readonly marks: ReadonlyMap<string, string>
  /** Entries that the kernel alone has: from before we began, of other interfaces, or that the filter left out. */
  readonly onlyThere: readonly Row[]
}

/**
 * @param kernel  its table at the same instant; timeouts that are a second apart count as the same: the two are read up to some
 *                milliseconds apart
 * @param where   which entries count; default: all
 */
export function compareWithKernel(ours: Entries, kernel: Entries, where?: (row: Row) => boolean): Beside {
  const marks = new Map<string, string>()
  const onlyThere: Row[] = []
  const options = { elapsed: 0, ignore: ['counters', 'reply', 'mark'], where } as const
  const differences = diffEntries(kernel, ours, options, () => false)
  for (;;) {
    const next = differences.next()
    if (next.done === true) return { same: next.value, marks, onlyThere }
    const difference = next.value
    switch (difference.kind) {
      case 'gone': onlyThere.push(difference.before); break
      case 'appeared': marks.set(flowName(difference.after), 'not there'); break
      case 'changed': marks.set(flowName(difference.before), kernelHas(difference)); break
    }
  }
}

/** What the kernel has of what differs. */
function kernelHas({ before: kernel, fields }: Changed): string {
  const differs = (wanted: string): boolean => fields.some(({ aspect }) => aspect === wanted)
  return [
    ...(differs('state') ? [kernel.state ?? ''] : []),
    ...(differs('flags') ? [flagOf(kernel)] : []),
    ...(differs('timeout') ? [`${kernel.timeout ?? 0} s`] : []),
  ].join(' ')
}

function flagOf({ offload, assured, seenReply }: Row): string {
  return offload ?? (assured ? 'ASSURED' : seenReply ? 'answered' : 'UNREPLIED')
}

/** Lines that stand behind a table. */
export function besideLines({ same, marks, onlyThere }: Beside): string[] {
  const onlyHere = [...marks.values()].filter((mark) => mark === 'not there').length
  return [
    `# beside the kernel: ${same} the same, ${marks.size - onlyHere} differ, ${onlyHere} only here, ${onlyThere.length} only there`,
    ...[...marks].map(([flow, mark]) => `# ${flow}: ${mark === 'not there' ? mark : `the kernel has ${mark}`}`),
    ...onlyThere.map((row) => `# ${flowName(row)}: only there, ${[row.state ?? '', flagOf(row)].join(' ').trim()}`),
  ]
}
