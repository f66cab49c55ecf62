// The labels of connections: 128 bits each. Few have any, so they are kept beside the records.

import type { Connection } from '../../table/connection.ts'

export const LABEL_WORDS = 4

interface Label {
  /** Of the connection: a record serves one after the other. */
  readonly serial: number
  readonly words: Int32Array
}

export class Labels {
  /** By number of the record: never more than there are records. */
  readonly #labels = new Map<number, Label>()

  /** The label of a connection, highest word first; null where it has none. */
  of({ index, serial }: Connection): Int32Array | null { return this.at(index, serial) }

  /** The label of the connection that had a serial in a record. */
  at(index: number, serial: number): Int32Array | null {
    const label = this.#labels.get(index)
    return label?.serial === serial ? label.words : null
  }

  /** The label of a connection, made where it has none. */
  make({ index, serial }: Connection): Int32Array {
    const known = this.at(index, serial)
    if (known !== null) return known
    const words = new Int32Array(LABEL_WORDS)
    this.#labels.set(index, { serial, words })
    return words
  }
}

/** `0x1`, as Open vSwitch prints a label. */
export function labelText(words: Int32Array): string {
  return `0x${words.reduce((all, word) => (all << 32n) | BigInt(word >>> 0), 0n).toString(16)}`
}
