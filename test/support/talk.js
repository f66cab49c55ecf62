// Talks over the network, for tests. `node talk.js serve ADDRESS` answers HTTP on 8080, DNS on UDP 5353. `node talk.js ask ADDRESS` fetches
// a megabyte over a connection that it keeps, asks for a name, prints `done`, and holds the connection until it is ended.

import dgram from 'node:dgram'
import dns from 'node:dns/promises'
import http from 'node:http'

const [what, address] = process.argv.slice(2)
const isIpv6 = address.includes(':')
const at = (port) => (isIpv6 ? `[${address}]:${port}` : `${address}:${port}`)

if (what === 'serve') {
  const page = Buffer.alloc(1_000_000, 'x')
  const web = http.createServer({ keepAliveTimeout: 600_000 }, (_request, response) => response.end(page))
  const names = dgram.createSocket(isIpv6 ? 'udp6' : 'udp4').on('message', (question, { port, address: from }) => {
    const answer = Buffer.concat([question, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1])])
    answer.writeUInt16BE(0x8180, 2) // a response, no error
    answer.writeUInt16BE(1, 6) // one answer
    answer.writeUInt16BE(0, 10) // no additional records
    names.send(answer, port, from)
  })
  names.bind(5353, address, () => web.listen(8080, address, () => console.log('ready')))
} else {
  const agent = new http.Agent({ keepAlive: true, keepAliveMsecs: 600_000 }) // silent once it is done
  const got = await new Promise((resolve, reject) => {
    http.get(`http://${at(8080)}/`, { agent }, (response) => {
      let bytes = 0
      response.on('data', (piece) => { bytes += piece.length })
      response.on('end', () => resolve(bytes))
    }).on('error', reject)
  })
  const resolver = new dns.Resolver({ timeout: 5000, tries: 1 })
  resolver.setServers([at(5353)])
  const [name] = await resolver.resolve4('host.test')
  console.log(got === 1_000_000 && name === '192.0.2.1' ? 'done' : `wrong: ${got} bytes, ${name}`)
  process.stdin.resume() // until it is ended
}
