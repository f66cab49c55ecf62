// What is said of input that nobody can use.

import { expect } from 'vitest'
import { UsageError } from '../../src/index.ts'

/** The message of the UsageError that `attempt` throws; `none` when it throws none. */
export function complaintOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message
  }
  return 'none'
}
