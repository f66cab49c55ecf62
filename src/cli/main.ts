// The command line. (Walking skeleton: snapshot only.)

import { openCapture } from '../capture/open.ts'
import { Frame } from '../capture/frame.ts'
import { Engine } from '../engine.ts'
import { printProc } from '../views/procfs.ts'
import { snapshot } from '../views/snapshot.ts'

export async function main(argv: readonly string[]): Promise<number> {
  const source = openCapture(argv[0] ?? '-')
  const frame = new Frame()
  const engine = new Engine()
  do {
    while (source.next(frame)) engine.push(frame)
  } while (await source.fill())
  process.stdout.write(snapshot(engine).map((row) => `${printProc(row, { counters: false })}\n`).join(''))
  return 0
}
