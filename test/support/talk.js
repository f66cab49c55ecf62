// Talks over the network, for tests: `node talk.js serve ADDRESS` answers on TCP 8080 and UDP 5353; `node talk.js ask ADDRESS` asks both,
// prints `done`, and keeps its TCP connection until its standard output closes.

import dgram from 'node:dgram'
import net from 'node:net'

const [what, address] = process.argv.slice(2)
const family = address.includes(':') ? 'udp6' : 'udp4'

if (what === 'serve') {
  const tcp = net.createServer((socket) => socket.on('error', () => undefined).on('data', (bytes) => socket.write(bytes)))
  const udp = dgram.createSocket(family).on('message', (bytes, { port, address: from }) => { udp.send(bytes, port, from) })
  udp.bind(5353, address, () => tcp.listen(8080, address, () => console.log('ready')))
} else {
  const udp = dgram.createSocket(family)
  const udpAnswer = new Promise((resolve) => { udp.on('message', resolve) })
  udp.send('question', 5353, address)
  const bytes = Buffer.alloc(100_000, 'x')
  const socket = net.connect(8080, address, () => { socket.write(bytes) })
  let got = 0
  await new Promise((resolve) => {
    socket.on('data', (piece) => {
      got += piece.length
      if (got === bytes.length) resolve()
    })
  })
  await udpAnswer
  console.log('done')
}
