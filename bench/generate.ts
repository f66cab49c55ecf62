// npm run bench:data [KIND…]: writes the captures the benchmarks run on to bench/data/, those that are not there yet.

import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { KINDS, writeTraffic, type Kind } from './traffic.ts'

const DATA = fileURLToPath(new URL('data/', import.meta.url))

mkdirSync(DATA, { recursive: true })
for (const kind of wanted()) {
  const path = `${DATA}${kind}.pcap`
  if (existsSync(path)) continue
  console.error(`making ${path}`)
  writeTraffic(kind, `${path}.part`)
  renameSync(`${path}.part`, path)
}

function wanted(): readonly Kind[] {
  const asked = process.argv.slice(2)
  for (const kind of asked) if (!(KINDS as readonly string[]).includes(kind)) throw new Error(`there is no ${kind}: ${KINDS.join(', ')}`)
  return asked.length === 0 ? KINDS : asked as Kind[]
}
