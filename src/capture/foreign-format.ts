// What a file is that is no capture, and what makes one of it: by its first bytes.

const FORMATS: readonly (readonly [magic: readonly number[], what: string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'is compressed with xz; unpack it first: xz -dk FILE'],
  [[0x42, 0x5a, 0x68],             'is compressed with bzip2; unpack it first: bzip2 -dk FILE'],
  [[0x04, 0x22, 0x4d, 0x18],       'is compressed with lz4; unpack it first: lz4 -d FILE'],
  [[0x50, 0x4b, 0x03, 0x04],       'is a zip archive; unpack it first'],
  [[0x37, 0x7a, 0xbc, 0xaf],       'is a 7z archive; unpack it first'],
  [[0x1f, 0x8b],                   'is compressed twice; unpack it once: gzip -dk FILE'],
  [[0x28, 0xb5, 0x2f, 0xfd],       'is compressed twice; unpack it once: zstd -dk FILE'],
  [[0x73, 0x6e, 0x6f, 0x6f, 0x70], 'is a snoop capture; convert it: editcap -F pcap FILE OUT.pcap'],
  [[0x58, 0x43, 0x50, 0x00],       'is a Sniffer capture; convert it: editcap -F pcap FILE OUT.pcap'],
  [[0x47, 0x4d, 0x42, 0x55],       'is a Network Monitor capture; convert it: editcap -F pcap FILE OUT.pcap'],
]

/** Says what `bytes` from `at` to `end` are the start of. */
export function foreignFormat(bytes: Uint8Array, at: number, end: number): string {
  const known = FORMATS.find(([magic]) => at + magic.length <= end && magic.every((byte, i) => bytes[at + i] === byte))
  if (known !== undefined) return known[1]
  const remedy = 'not a capture: pcap, pcapng, or one of them compressed with gzip or zstd, is what this program reads'
  return isText(bytes, at, Math.min(end, at + 512)) ? `is text, ${remedy} (tcpdump -w FILE writes one)` : `is ${remedy}`
}

function isText(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!
    if ((byte < 0x20 || byte === 0x7f) && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false
  }
  return true
}
