// Opens an interface with the best program there is, or the one asked for.

import { LiveError } from '../index.ts'
import { listDevices } from './devices.ts'
import { LiveSource } from './live-source.ts'
import type { CaptureProgram, CaptureRequest } from './program.ts'
import { PROGRAMS } from './programs.ts'

const INSTALL_CAP = 'npm install cap (it wants a compiler and libpcap-dev)'
const INSTALL = `install tcpdump (apt install tcpdump, dnf install tcpdump), or dumpcap, or the npm package cap: ${INSTALL_CAP}`

/** @param sourceName  one of SOURCE_NAMES @throws LiveError */
export async function openLive(request: CaptureRequest, sourceName = 'auto'): Promise<LiveSource> {
  const { device } = request
  const wanted = PROGRAMS.filter(({ name }) => sourceName === 'auto' || name === sourceName)
  for (const program of wanted) {
    const file = program.find()
    if (file === null) continue
    // cap crashes at what tcpdump explains; and tcpdump knows devices that are no interfaces (nflog, usbmon1).
    if (program.name === 'cap' && !listDevices().some(({ name }) => name === device)) throw noSuchDevice(device)
    return LiveSource.open(program, file, request, complaint)
  }
  if (sourceName === 'auto') throw new LiveError('nothing is there to capture with', INSTALL)
  throw new LiveError(`${sourceName} is not installed`, sourceName === 'cap' ? INSTALL_CAP : INSTALL)
}

function noSuchDevice(device: string): LiveError {
  return new LiveError(`${device}: there is no such interface`, deviceNames())
}

/** For who named none, or one that is not there. */
export function deviceNames(): string {
  return `those there are: ${listDevices().map(({ name }) => name).join(', ')}`
}

/** Why a program did not open the device. */
function complaint(program: CaptureProgram, said: string, { device, filter }: CaptureRequest): LiveError {
  const words = said.replace(/^(Warning|Running as user).*$/gm, '').trim()
  if (/permission|not permitted|EPERM/i.test(words)) {
    const file = program.find()?.[0] ?? program.name
    const remedy = program.name === 'cap' ? 'run it with sudo'
      : `run it with sudo, or let ${program.name} capture for everyone: sudo setcap cap_net_raw,cap_net_admin+ep ${file}`
    return new LiveError(`${device}: no permission to capture`, remedy)
  }
  if (/no such device|doesn't exist|does not exist|no such network interface|there is no device/i.test(words)) return noSuchDevice(device)
  if (/filter|syntax error|parse/i.test(words)) {
    const why = /syntax error|[^\n:]*$/i.exec(words)?.[0].trim() ?? words
    return new LiveError(`"${filter}" is no filter: ${why}`, 'see pcap-filter(7): tcp port 80 and host 10.0.0.1')
  }
  if (/not up|network is down/i.test(words)) return new LiveError(`${device}: the interface is down`, `sudo ip link set ${device} up`)
  const last = words.split('\n').at(-1) ?? ''
  return new LiveError(`${device}: ${program.name} ended${last === '' ? '' : `: ${last}`}`, 'try another --source')
}
