// The messages of H.225.0 and H.245, as far as the kernel's helper reads them, in a short notation of ASN.1's types. It knows
// the versions of 2006: what later ones appended is skipped, as extensions are.
//
//   (a b c)      SEQUENCE                    ?        the field may be missing
//   {a | b | c}  CHOICE                      name:    the value is kept; without a name it is only stepped over
//   ...          extensible: what follows    X*       SEQUENCE OF; `*10` keeps ten of them
//                are the known extensions    [X]      X wrapped in its length; [] wrapped whatever it is
//   .  .4        extensions nobody reads     !  !3    reading stops here; in a SEQUENCE 3 of the fields left out are optional
//
//   null · bool · oid · byte (an INTEGER of 256 values) · word (of 65536) · long (up to 2^32) · big (unbounded) · n5 (of 5 bits)
//   fixed4 (OCTET STRING of 4) · octets (of any length) · octets5+1 (length - 1 in 5 bits) · octets256+1 (in an aligned byte) ·
//   wide7+1 (BMPString) · digits7+1 · bits (BIT STRING) · bits16 (its length in 16 bits). A number doubles: bool3 is three bools,
//   null2 two alternatives.
//
// Sources: ITU-T H.225.0, H.235, H.245; nf_conntrack_h323_types.c (v6.12) for what is kept and where reading stops.

import { parseTypes, type Types } from './notation.ts'

let types: Types | null = null

/** The types a message can be read as: `RasMessage`, `UserInformation`, `ControlMessage`. Read when the first message is. */
export function h323Types(): Types {
  return types ??= parseTypes(NOTATION)
}

const NOTATION = `
RasMessage           {! | gatekeeperConfirm:GatekeeperConfirm | ! | registrationRequest:RegistrationRequest |
                      registrationConfirm:RegistrationConfirm | ! | unregistrationRequest:UnregistrationRequest | !3 |
                      admissionConfirm:AdmissionConfirm | !8 | locationConfirm:LocationConfirm | !4 | ... | !8}
GatekeeperConfirm    (word oid NonStandard? wide7+1? rasAddress:Address ... !)
RegistrationRequest  (word oid NonStandard? bool callSignalAddress:Address*10 Address* EndpointType Alias*? wide7+1? Vendor ...
                      . timeToLive:long+1 !)
RegistrationConfirm  (word oid NonStandard? Address* Alias*? wide7+1? wide7+1 ... . timeToLive:long+1 !)
UnregistrationRequest (word Address* !3 ...)
AdmissionConfirm     (word long Two destCallSignalAddress:Address !2 ...)
LocationConfirm      (word callSignalAddress:Address Address !1 ...)

UserInformation      (pdu:UserPdu !1 ...)
UserPdu              (body:Body NonStandard? ... .2 h245Control:[ControlMessage]*4 !)
Body                 {setup:Setup | callProceeding:CallProceeding | connect:Connect | alerting:Alerting | (oid ... .6) |
                      (oid {null12 | ... | .10}? ... .9) | facility:Facility | ... | progress:Progress | .5}
Setup                (oid h245Address:Address? Alias*? EndpointType Alias*? Address? Alias*? word*? bool fixed16
                      {null3 | ... | .2} (bool7 (bool2 ...) ...)? {null4 | ...} ... sourceCallSignalAddress:Address .5
                      fastStart:[OpenLogicalChannel]*30 .2 !)
CallProceeding       (oid EndpointType h245Address:Address? ... .4 fastStart:[OpenLogicalChannel]*30 .4)
Connect              (oid h245Address:Address? EndpointType fixed16 ... .4 fastStart:[OpenLogicalChannel]*30 .10)
Alerting             (oid EndpointType h245Address:Address? ... .4 fastStart:[OpenLogicalChannel]*30 .9)
Facility             (oid alternativeAddress:Address? Alias*? fixed16? reason:{null4 | ... | .7} ... .6 h245Address:Address
                      fastStart:[OpenLogicalChannel]*30 .8)
Progress             (oid EndpointType h245Address:Address? (fixed16 ...) {NonStandard | null | Security | Security | ...}?
                      ClearToken*? CryptoToken323*? fastStart:[OpenLogicalChannel]*30? ... .3)

Address              {ip4:(ip:fixed4 word) | (fixed4 word fixed4* Two ...) | (fixed6 fixed4 fixed2) | ip6:(ip:fixed16 word ...) |
                      fixed16 | octets5+1 | NonStandard | ...}
Two                  {null2 | ...}
Three                {null3 | ...}
NonStandard          ({oid | H221 | ...} octets)
H221                 (byte2 word ...)
Alias                {digits7+1 | wide256+1 | ... | .5}
Vendor               (H221 octets256+1? octets256+1? ...)
Info                 (NonStandard? ...)
EndpointType         (NonStandard? Vendor? Info? (Protocol*? NonStandard? ...)? (NonStandard? ... .)? Info? bool2 ... .2)
Protocol             {NonStandard | Caps | Caps | Caps | Caps | Caps | Caps | Caps | Caps | ... | .2}
Caps                 (NonStandard? ... .2)
Security             (NonStandard? SecurityMode SecurityMode SecurityMode ...)
SecurityMode         {NonStandard | null2 | ...}
ClearToken           (oid long? wide7+1? (bits16 bits16 bits16 ...)? octets7+8? big? (oid octets ...)? wide7+1? (oid octets)? ... .2)
CryptoToken323       {(Alias long Hashed) | (wide7+1 long Hashed) | Encrypted | Encrypted | Signed | Signed | Signed | CryptoToken | ...}
CryptoToken          {(oid Encrypted) | (oid Signed) | (oid ClearToken Hashed) | Encrypted | ...}
Hashed               (oid Parameters bits)
Encrypted            (oid Parameters octets)
Signed               ([] oid Parameters bits)
Parameters           (big? fixed8? ... .)

ControlMessage       {request:{!3 | openLogicalChannel:OpenLogicalChannel | !7 | ... | !4} |
                      response:{!5 | openLogicalChannelAck:OpenLogicalChannelAck | !13 | ... | !5} | !2 | ...}
OpenLogicalChannel   (word forward:Forward reverse:(DataType multiplex:{H223 | V76 | ... | h2250:H2250}? ... .2)? ...
                      separateStack:NetworkAccess !)
Forward              (word? dataType:DataType multiplex:{H222 | H223 | V76 | ... | h2250:H2250 | .} ... .2)
OpenLogicalChannelAck (word reverse:(word word? multiplex:{H222 | ... | h2250:H2250}? ... .)? ... separateStack:NetworkAccess
                      forwardAck:{h2250:H2250Ack | ...} !)
H2250                (NonStandard245*? byte n8? mediaChannel:MediaAddress? bool? mediaControlChannel:MediaAddress? !5 ...)
H2250Ack             (NonStandard245*? n8? mediaChannel:MediaAddress? mediaControlChannel:MediaAddress? n5? ... .2)
MediaAddress         {unicast:{ip4:(ip:fixed4 word ...) | (fixed6 fixed4 fixed2 ...) | ip6:(ip:fixed16 word ...) | fixed16 |
                      ({null2} fixed4 word fixed4* ...) | ... | .2} | {(fixed4 word ...) | (fixed16 word ...) | ... | .2} | ...}
NetworkAccess        (Two? networkAddress:{({digits4+1 | octets5+1 | ...} octets5+1? ...) | digits7+1 | local:MediaAddress | ...}
                      bool octets8+1? ... .)
DataType             {NonStandard245 | null | Video | Audio | data:(application:DataApplication long ...) |
                      {NonStandard245 | null | ...} | ... | .3}
DataApplication      {NonStandard245 | t120:DataProtocol | DataProtocol | DataProtocol | (DataProtocol {null | (bool19 ...)}) |
                      DataProtocol | DataProtocol | (DataProtocol octets) | null | DataProtocol | ... | .4}
DataProtocol         {NonStandard245 | null6 | ... | .7}
Video                {NonStandard245 | (n2? n2? bool word bool ... .) | (bool11 long? long? word? word? n4? long? ... .) |
                      (n5? n5? n5? n5? n5? long bool5 long? word? ... .8) | (bool long? long? word? word? n4? long? ... .) | ... | .}
Audio                {NonStandard245 | byte | byte | byte | byte | byte | byte | byte | (byte bool) | byte | byte | byte |
                      (bool8 word ...) | (bool20 word ...) | ... | .8}
H222                 (word2 word? octets? octets? ...)
H223                 ({NonStandard245 | null4 | (n2 long) | ... | .3} bool ...)
V76                  ((Three word bool ...) Three bool {(n7 Three ...) | null | ...} (bool ...) ...)
NonStandard245       ({oid | (byte2 word)} octets)
`
