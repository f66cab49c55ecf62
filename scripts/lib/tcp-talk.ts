// Two ends of a TCP connection that keep count of what they said, so that a script says only who sends which flags and data.

import { ip, type IpFields, mss, SACK_PERMITTED, tcp, type TcpFields, windowScale } from './packets.ts'

export interface TalkFields {
  readonly client?: string
  readonly server?: string
  readonly sport?: number
  readonly dport?: number
  /** Initial sequence numbers */
  readonly clientStart?: number
  readonly serverStart?: number
}

interface End {
  next: number
  readonly address: string
  readonly port: number
}

const SYN_OPTIONS = [mss(1460), SACK_PERMITTED, windowScale(7)]
const WINDOW = 502 // times 128, when the handshake has been seen
const SYN_WINDOW = 64_240

export class TcpTalk {
  readonly #client: End
  readonly #server: End

  constructor(fields: TalkFields = {}) {
    const { client = '192.0.2.10', server = '198.51.100.80', sport = 40_000, dport = 80 } = fields
    const { clientStart = 1_000_000, serverStart = 5_000_000 } = fields
    this.#client = { next: clientStart, address: client, port: sport }
    this.#server = { next: serverStart, address: server, port: dport }
  }

  /** The client's next packet. @param flags  any of `FSRPA` @param fields  what differs from the usual */
  fromClient(flags: string, payload: Uint8Array = new Uint8Array(0), fields: TcpFields & IpFields = {}): Uint8Array {
    return say(this.#client, this.#server, flags, payload, fields)
  }

  fromServer(flags: string, payload: Uint8Array = new Uint8Array(0), fields: TcpFields & IpFields = {}): Uint8Array {
    return say(this.#server, this.#client, flags, payload, fields)
  }

  /** Bytes that went past a capture: the client's or the server's next number is further on. */
  skip(clientBytes: number, serverBytes: number): this {
    this.#client.next += clientBytes
    this.#server.next += serverBytes
    return this
  }
}

/** Sends, and counts what was sent unless the sequence number was said to be another. */
function say(from: End, to: End, flags: string, payload: Uint8Array, fields: TcpFields & IpFields): Uint8Array {
  const isSyn = flags.includes('S')
  const segment = tcp({
    sport: from.port, dport: to.port, flags, seq: from.next, ack: flags.includes('A') ? to.next : 0,
    window: isSyn ? SYN_WINDOW : WINDOW, options: isSyn ? SYN_OPTIONS : [], payload, ...fields,
  })
  if (fields.seq === undefined) from.next = (from.next + payload.length + (isSyn ? 1 : 0) + (flags.includes('F') ? 1 : 0)) >>> 0
  return ip(from.address, to.address, segment, fields)
}
