// What the table costs in the kernel, and how large the kernel makes it by itself.
// Kernel: nf_conntrack_init_start(), nf_ct_alloc_hashtable(), nf_ct_ext_add() (v6.12, 64 bit, pages of 4096 bytes).

import { UsageError } from '../base/errors.ts'

/** Bytes of an entry: sizeof(struct nf_conn) on whole cache lines, as /proc/slabinfo shows it on x86_64. */
export const ENTRY_BYTES = 256
/** Bytes of an entry's extensions, the least that is taken once there is one (NF_CT_EXT_PREALLOC): accounting, events, helpers, … */
export const EXTENSION_BYTES = 128
/** Bytes of a chain's head: sizeof(struct hlist_nulls_head). */
export const BUCKET_BYTES = 8
/** The kernel refuses a new entry whose chain is longer than a bound it draws anew now and then, between these two. */
export const LEAST_CHAIN_LIMIT = 50
export const MOST_CHAIN_LIMIT = 79

const PAGE = 4096
const GIB = 2 ** 30
const BUCKETS_PER_PAGE = PAGE / BUCKET_BYTES

/** How many buckets the kernel makes where so many are asked for: whole pages. @kernel nf_ct_alloc_hashtable() — v6.12 */
export const wholePages = (buckets: number): number => Math.ceil(buckets / BUCKETS_PER_PAGE) * BUCKETS_PER_PAGE

/**
 * What the kernel chooses by itself.
 * @param bytes  memory that the kernel manages (MemTotal of /proc/meminfo), a little less than what is built in
 * @kernel       nf_conntrack_init_start() — v6.12
 */
export function kernelDefaults(bytes: number): { max: number, buckets: number } {
  const memory = Math.floor(bytes / PAGE) * PAGE
  const share = Math.floor(Math.floor(memory / 16_384) / BUCKET_BYTES)
  const buckets = memory > 4 * GIB ? 262_144 : memory > GIB ? 65_536 : Math.max(1024, share)
  const whole = wholePages(buckets)
  return { max: whole, buckets: whole }
}

/** Bytes of a table: entries × (entry + extensions) + buckets × head. */
export function tableBytes(entries: number, buckets: number): number {
  return entries * (ENTRY_BYTES + EXTENSION_BYTES) + wholePages(buckets) * BUCKET_BYTES
}

/**
 * A table with room for twice a peak: the next power of two, and one bucket an entry, as the kernel itself would have it.
 * At least what the kernel gives the smallest machine.
 */
export function recommend(peak: number): { max: number, buckets: number } {
  const max = 2 ** Math.max(10, Math.ceil(Math.log2(Math.max(peak, 1) * 2)))
  return { max, buckets: max }
}

/** Reads a size of memory: `512M`, `4G`, `4GiB`, bytes without a unit. @throws UsageError */
export function parseBytes(text: string): number {
  const match = /^(\d{1,15}(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text)
  if (match === null) throw new UsageError(`"${text}" is no size of memory: write 512M or 4G`)
  return Math.floor(Number(match[1]) * 1024 ** ' KMGT'.indexOf((match[2] ?? '').toUpperCase().padStart(1)))
}
