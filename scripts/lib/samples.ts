// Finds what scripts/samples/ makes.

import { readdirSync } from 'node:fs'

interface Maker {
  readonly makeSamples: () => Record<string, Uint8Array>
}

const MAKERS = new URL('../samples/', import.meta.url)

/** Every sample's bytes, by its path in samples/. */
export async function makeAllSamples(): Promise<Record<string, Uint8Array>> {
  const samples: Record<string, Uint8Array> = {}
  for (const file of readdirSync(MAKERS).sort()) {
    const { makeSamples } = await import(new URL(file, MAKERS).href) as Maker
    Object.assign(samples, makeSamples())
  }
  return samples
}
