// The npm package pcap-parser has no types of its own.

declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events'
  import type { Readable } from 'node:stream'

  interface Packet {
    readonly header: {
      readonly timestampSeconds: number
      readonly timestampMicroseconds: number
      readonly capturedLength: number
      readonly originalLength: number
    }
    readonly data: Uint8Array
  }

  interface Parser extends EventEmitter<{ globalHeader: [{ linkLayerType: number }], packet: [Packet], end: [], error: [Error] }> {
    readonly stream: Readable
    readonly buffer: Uint8Array | null
  }

  export function parse(input: string | Readable): Parser
}
