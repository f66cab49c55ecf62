// The helper that reads the connection which promised another.

import { helperName } from '../helpers/registry.ts'
import type { Facts } from './facts.ts'

/** The helper of a packet's master connection; null where there is none. */
export function masterHelper({ connection }: Facts): string | null {
  return connection.master === 0 ? null : helperName(connection.masterHelper)
}
