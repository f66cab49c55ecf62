// The connection table as `conntrack -L -o xml` prints it. Spelling: conntrack-tools 1.4.7.
// Like there, ICMP's type, code and id, and GRE's timeouts, have no element. The tool names SCTP's and DCCP's states by TCP's
// names; here they keep their own. Its <id> is a number of the machine's that no capture knows: it is printed only where a row has one.

import { shortAddress } from '../base/address.ts'
import { IPPROTO_GRE } from '../base/units.ts'
import { printProcExpect } from './expect.ts'
import type { Form, FormOptions } from './form.ts'
import type { LineOptions } from './entry-line.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'

export function xmlForm(options: FormOptions): Form {
  return {
    open(out, instant) {
      if (options.several) out.text(`# at ${instant.text}\n`)
      out.text('<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n')
    },
    row(out, row) { out.text(`${printXml(row, options)}\n`) },
    expectation(out, row) { out.text(`<!-- expect ${printProcExpect(row)} -->\n`) },
    close(out) { out.text('</conntrack>\n') },
  }
}

/** One `<flow>`, without a newline. */
export function printXml(row: Row, options: LineOptions): string {
  const element = (name: string, content: string | number | undefined | null): string =>
    content === undefined || content === null ? '' : `<${name}>${escapeXml(String(content))}</${name}>`
  return '<flow>' +
    direction('original', row, row.original, options.counters ? row.originalCounters : null) +
    direction('reply', row, row.reply, options.counters ? row.replyCounters : null) +
    '<meta direction="independent">' +
    element('state', row.state) + element('timeout', row.timeout) + element('mark', row.mark) +
    (row.labels === undefined ? '' : `<labels>${row.labels.split(',').map((label) => element('label', label)).join('')}</labels>`) +
    element('secctx', row.secctx) +
    (row.zone === 0 || row.zoneDirection !== undefined ? '' : element('zone', row.zone)) +
    element('use', Math.max(1, row.use - 1)) + element('id', row.id) +
    (row.assured ? '<assured/>' : '') + (row.seenReply || row.statusUnknown === true ? '' : '<unreplied/>') +
    (options.timestamps ? element('deltatime', row.age) : '') + element('helper', row.helper) +
    '</meta></flow>'
}

function direction(name: 'original' | 'reply', row: Row, tuple: RowTuple, counters: RowCounters | null): string {
  return `<meta direction="${name}"><layer3 protonum="${String(row.l3num)}" protoname="${row.l3}">` +
    `<src>${shortAddress(tuple.source)}</src><dst>${shortAddress(tuple.destination)}</dst></layer3>` +
    `<layer4 protonum="${String(row.l4num)}" protoname="${row.l4}">${selector(row, tuple)}</layer4>` +
    (row.zoneDirection === name ? `<zone>${String(row.zone)}</zone>` : '') +
    (counters === null ? '' : counts(counters)) + '</meta>'
}

function counts({ packets, bytes }: RowCounters): string {
  return `<counters><packets>${String(packets)}</packets><bytes>${String(bytes)}</bytes></counters>`
}

function selector(row: Row, tuple: RowTuple): string {
  if (row.l4num === IPPROTO_GRE) {
    return `<srckey>0x${(tuple.sourceKey ?? 0).toString(16)}</srckey><dstkey>0x${(tuple.destinationKey ?? 0).toString(16)}</dstkey>`
  }
  return tuple.sourcePort === undefined ? '' : `<sport>${String(tuple.sourcePort)}</sport><dport>${String(tuple.destinationPort)}</dport>`
}

const ESCAPES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', '\'': '&apos;' }

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (sign) => ESCAPES[sign] ?? sign)
