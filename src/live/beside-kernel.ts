// Our table beside the kernel's, entry by entry: what is the same, what differs, what only one of them has.

import { type Entries, flowName, type Row } from '../index.ts'

export interface Beside {
  readonly same: number
  /** What the kernel has of flows that differ or that we alone have, by flow. */
  readonly marks: ReadonlyMap<string, string>
  /** Entries that the kernel alone has: from before we began, of other interfaces, or that the filter left out. */
  readonly onlyThere: readonly Row[]
}

const TOLERANCE = 1 // seconds: the two are read up to some milliseconds apart, and shown in whole seconds

/** @param kernel  its table at the same instant */
export function compareWithKernel(ours: Iterable<Row>, kernel: Entries): Beside {
  const theirs = new Map<string, Row>()
  for (let i = 0; i < kernel.length; i++) {
    const row = kernel.row(i)
    theirs.set(flowName(row), row)
  }
  const marks = new Map<string, string>()
  let same = 0
  for (const row of ours) {
    const key = flowName(row)
    const other = theirs.get(key)
    theirs.delete(key)
    const mark = other === undefined ? 'not there' : differenceOf(row, other)
    if (mark === '') same++
    else marks.set(flowName(row), mark)
  }
  return { same, marks, onlyThere: [...theirs.values()] }
}

/** What the kernel has, where it differs; empty where nothing does. */
function differenceOf(ours: Row, kernel: Row): string {
  const parts: string[] = []
  if (ours.state !== kernel.state) parts.push(kernel.state ?? 'no state')
  if (ours.assured !== kernel.assured || ours.seenReply !== kernel.seenReply) parts.push(flagOf(kernel))
  const apart = Math.abs((ours.timeout ?? 0) - (kernel.timeout ?? 0))
  if (ours.timeout !== null && kernel.timeout !== null && apart > TOLERANCE) parts.push(`${kernel.timeout} s`)
  return parts.join(' ')
}

function flagOf({ assured, seenReply }: Row): string {
  return assured ? 'ASSURED' : seenReply ? 'answered' : 'UNREPLIED'
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
