import ipaddr from 'ipaddr.js'
import { type Place, V2_START } from './proxy-protocol.js'

/** Version 2, command PROXY. */
const PROXY = 0x21
const UNSPECIFIED = 0x00
const TCP4 = 0x11
const TCP6 = 0x21

/**
 * Writes the header that tells an upstream where a connection came from. Where an end is unknown, as on a Unix socket, it says so
 * (`UNKNOWN`, `UNSPEC`); an IPv4 and an IPv6 end are both written as IPv6.
 *
 * @example
 * ```ts
 * socket.write(proxyHeaderBytes('v2', { address: '203.0.113.7', port: 40_000 }, { address: '10.0.0.1', port: 443 }))
 * ```
 */
export function proxyHeaderBytes(version: 'v1' | 'v2', source: Place | null, destination: Place | null): Buffer {
  const from = addressBytes(source)
  const to = addressBytes(destination)
  if (from === null || to === null)
    return version === 'v1' ? Buffer.from('PROXY UNKNOWN\r\n', 'latin1') : version2(UNSPECIFIED, [])
  const isSix = from.length !== 4 || to.length !== 4
  const [near, far] = isSix ? [mapped(from), mapped(to)] : [from, to]
  const [port, farPort] = [source!.port, destination!.port]
  if (version === 'v2')
    return version2(isSix ? TCP6 : TCP4, [...near, ...far, port >> 8, port & 255, farPort >> 8, farPort & 255])
  const line = ['PROXY', isSix ? 'TCP6' : 'TCP4', text(near), text(far), port, farPort].join(' ')
  return Buffer.from(`${line}\r\n`, 'latin1')
}

function version2(family: number, content: readonly number[]): Buffer {
  return Buffer.concat([V2_START, Buffer.from([PROXY, family, 0, content.length, ...content])])
}

function addressBytes(place: Place | null): number[] | null {
  return place !== null && ipaddr.isValid(place.address) ? ipaddr.process(place.address).toByteArray() : null
}

function mapped(address: number[]): number[] {
  return address.length === 16 ? address : new ipaddr.IPv4(address).toIPv4MappedAddress().toByteArray()
}

/** By way of bytes, so that a zone (`%eth0`), which is nobody else's business, is gone. */
function text(address: number[]): string {
  return ipaddr.fromByteArray(address).toString()
}
