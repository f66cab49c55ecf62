// How the program ends: one table.

export const EXIT = {
  /** All was done. */
  DONE: 0,
  /** Findings at or above --fail-on, or differences found by diff and compare. */
  FINDINGS: 1,
  /** The command line asks for something that cannot be. */
  USAGE: 2,
  /** Input that cannot be read, or was cut short; what could be read has been printed. */
  INPUT: 3,
  /** Standard output takes no more: a full disk, for one. */
  OUTPUT: 3,
  /** Stopped by SIGINT; what there was has been printed. */
  INTERRUPTED: 130,
} as const
