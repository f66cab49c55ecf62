// Root is needed to open an interface, and for nothing after that.

import { execFileSync } from 'node:child_process'
import { LiveError } from '../index.ts'
import type { User } from './program.ts'

/** Runs as root on a system that has such a thing. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * Whom to become: a user by name or number, or whoever called sudo. Null where we are not root, or there is nobody.
 * @throws LiveError
 */
export function userToBecome(name: string | undefined): User | null {
  if (!isRoot()) return null
  const { SUDO_UID } = process.env
  const wanted = name ?? (SUDO_UID === '0' ? undefined : SUDO_UID)
  if (wanted === undefined || wanted === 'root') return null
  try {
    const [uid, gid, user] = [['-u'], ['-g'], ['-u', '-n']].map((flags) => (
      execFileSync('id', [...flags, '--', wanted], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()))
    return { uid: Number(uid), gid: Number(gid), name: user ?? wanted }
  } catch (error) {
    throw new LiveError(`-Z ${wanted}: there is no such user`, 'name one that is in /etc/passwd', { cause: error })
  }
}

/** Becomes a user for good. @throws LiveError when root could be had back */
export function becomeUser({ name, uid, gid }: User): void {
  const { initgroups } = process as { initgroups?: (user: number, group: number) => void } // @types/node does not know it
  initgroups?.(uid, gid)
  process.setgid?.(gid)
  process.setuid?.(uid)
  try {
    process.setuid?.(0)
  } catch {
    return
  }
  throw new LiveError(`root could not be given up for ${name}`, 'name another user with -Z')
}
