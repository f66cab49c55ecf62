import { expect, test } from 'vitest'
import { REASON } from '../../src/base/reasons.ts'
import { IPPROTO_SCTP, IPPROTO_TCP } from '../../src/base/units.ts'
import { Packet } from '../../src/ip/packet.ts'
import { loggedText, reasonText } from '../../src/views/reason-text.ts'

test('a wording that breaks the line is a reason, but stands before no IN= of the log', () => {
  const packet = new Packet()
  packet.note(IPPROTO_SCTP, REASON.SCTP_CHUNKS, 1, 2, 0)
  expect(reasonText(packet)).toBe('nf_ct_proto_132: do_basic_checks failed. chunk num 1, type 2, len 0 flag 0')
  expect(loggedText(packet)).toBe('')
  packet.note(IPPROTO_TCP, REASON.TCP_NEW)
  expect(reasonText(packet)).toBe('nf_ct_proto_132: do_basic_checks failed. chunk num 1, type 2, len 0 flag 0; nf_ct_proto_6: invalid new')
  expect(loggedText(packet)).toBe('nf_ct_proto_6: invalid new')
})
