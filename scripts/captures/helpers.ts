// Conversations that helpers read: well-formed, split, cut, damaged. One capture a helper, the first of its kind that
// scripts/helpers/fuzz.ts would make.

import { makeCapture, NAMES } from '../helpers/conversations.ts'
import type { Capture } from './capture.ts'

const SEED = 2026
const TALKS = 12

export function makeCaptures(): Record<string, Capture> {
  return Object.fromEntries(NAMES.map((name) => [`helpers/${name}`, makeCapture(SEED, TALKS, [name])]))
}
