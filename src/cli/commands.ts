// All commands, each loaded when it is needed.

import type { Command } from 'commander'
import type { Session } from './session.ts'

/** A command's file: `define` fills in what it is called and what it does. */
export interface CommandModule {
  define(command: Command, session: Session): void
}

export const COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  snapshot: () => import('./commands/snapshot.ts'),
  packets: () => import('./commands/packets.ts'),
  events: () => import('./commands/events.ts'),
  explain: () => import('./commands/explain.ts'),
  rules: () => import('./commands/rules.ts'),
  stats: () => import('./commands/stats.ts'),
  diagnose: () => import('./commands/diagnose.ts'),
  size: () => import('./commands/size.ts'),
  whatif: () => import('./commands/whatif.ts'),
  idle: () => import('./commands/idle.ts'),
  live: () => import('./commands/live.ts'),
  diff: () => import('./commands/diff.ts'),
  compare: () => import('./commands/compare.ts'),
  completion: () => import('./commands/completion.ts'),
}

/** What runs when no command is named. */
export const DEFAULT_COMMAND = 'snapshot'
