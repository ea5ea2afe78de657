import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { bad, done, more, type Parsed } from './parsed.js'

/** One end of a connection. */
export interface Place {
  /** An IPv4 address mapped into IPv6 is written as the IPv4 address it is. */
  readonly address: string
  readonly port: number
}

/** What a PROXY protocol header says of the connection in front of it. */
export interface ProxyHeader {
  readonly version: 1 | 2
  /** Where the connection came from; `null` where the header does not say (LOCAL, UNKNOWN, UNSPEC): then it speaks for itself. */
  readonly source: Place | null
  /** Where it went to. */
  readonly destination: Place | null
}

/** Longest version 1 header, its CRLF included (§2.1). */
const V1_LIMIT = 107
/** Longest version 2 header, as NGINX takes them; the protocol's own 64 KiB is far more than honest senders need. */
const V2_LIMIT = 4096

const V1_START = Buffer.from('PROXY ', 'latin1')
/** What every version 2 header begins with (§2.2). */
export const V2_START: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V2_HEAD = 16
const V1_LINE = /^PROXY TCP([46]) ([0-9A-Fa-f:.]{2,45}) ([0-9A-Fa-f:.]{2,45}) (\d{1,5}) (\d{1,5})$/
const LF = 10
const CR = 13

/** Bytes of one address and its port, by family: unspecified, IPv4, IPv6, Unix. */
const ADDRESS_BYTES = [0, 4, 16, 108]
const PORT_BYTES = [0, 2, 2, 0]

/**
 * Reads a PROXY protocol header, version 1 or 2, from the first bytes of a connection. It never throws, reads no further than the
 * header, and gives up at the first byte that no header can have.
 *
 * Only for bytes of a peer that is known to send it: whether there is a header must not be guessed
 * (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt §2).
 *
 * @example
 * ```ts
 * const parsed = parseProxyHeader(Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\nhello'))
 * if (parsed.state === 'done') console.log(parsed.value.source?.address, parsed.length)
 * ```
 */
export function parseProxyHeader(bytes: Uint8Array): Parsed<ProxyHeader> {
  if (bytes.length === 0) return more(1)
  if (startsLike(bytes, V1_START)) return parseVersion1(bytes)
  if (startsLike(bytes, V2_START)) return bytes.length < V2_HEAD ? more(V2_HEAD) : parseVersion2(bytes)
  return bad('neither version of the PROXY protocol')
}

/** Whether the bytes may still become, or have, that start. */
function startsLike(bytes: Uint8Array, start: Uint8Array): boolean {
  const length = Math.min(bytes.length, start.length)
  for (let at = 0; at < length; at++) if (bytes[at] !== start[at]) return false
  return true
}

function parseVersion1(bytes: Uint8Array): Parsed<ProxyHeader> {
  const end = bytes.subarray(0, V1_LIMIT).indexOf(LF)
  if (end === -1) return bytes.length < V1_LIMIT ? more(bytes.length + 1) : bad(`no line end within ${V1_LIMIT} bytes`)
  if (bytes[end - 1] !== CR) return bad('line ends without CR')
  const line = String.fromCharCode(...bytes.subarray(0, end - 1))
  // Whatever follows UNKNOWN is to be ignored (§2.1).
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return done({ version: 1, source: null, destination: null }, end + 1)
  const [, family, from, to, fromPort, toPort] = V1_LINE.exec(line) ?? []
  const isAddress = family === '4' ? isIPv4 : isIPv6
  if (from === undefined || to === undefined || !isAddress(from) || !isAddress(to)) return bad('malformed line')
  if (!isPort(fromPort!) || !isPort(toPort!)) return bad('malformed port')
  return done({ version: 1, source: placeOf(from, fromPort!), destination: placeOf(to, toPort!) }, end + 1)
}

/** A plain decimal without leading zeros (§2.1). */
function isPort(text: string): boolean {
  return String(Number(text)) === text && Number(text) <= 65_535
}

function placeOf(address: string, port: string): Place {
  return { address: ipaddr.process(address).toString(), port: Number(port) }
}

function parseVersion2(bytes: Uint8Array): Parsed<ProxyHeader> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes[12]! >> 4
  const command = bytes[12]! & 15
  const family = bytes[13]! >> 4
  const transport = bytes[13]! & 15
  const length = V2_HEAD + view.getUint16(14)
  if (version !== 2) return bad(`version ${version}`)
  if (command > 1) return bad(`command ${command}`)
  if (length > V2_LIMIT) return bad(`${length} bytes, more than ${V2_LIMIT}`)
  if (bytes.length < length) return more(length)
  const unsaid: ProxyHeader = { version: 2, source: null, destination: null }
  // LOCAL: the sender's own connection, as a health check; the rest is to be discarded whatever it is (§2.2).
  if (command === 0) return done(unsaid, length)
  if (family > 3 || transport > 2) return bad(`family ${family}, transport ${transport}`)
  const size = ADDRESS_BYTES[family]!
  const ends = V2_HEAD + 2 * (size + PORT_BYTES[family]!)
  // What is unspecified may hold anything.
  if (family === 0 || transport === 0) return done(unsaid, length)
  if (ends > length) return bad('too short for its addresses')
  if (!hasWholeFields(view, ends, length)) return bad('a field runs past the end')
  // Paths of Unix sockets, and datagrams, tell nothing about a client on the network.
  if (family === 3 || transport === 2) return done(unsaid, length)
  const ports = V2_HEAD + 2 * size
  const place = (at: number, portAt: number): Place => ({
    address: ipaddr.process(ipaddr.fromByteArray([...bytes.subarray(at, at + size)]).toString()).toString(),
    port: view.getUint16(portAt),
  })
  const header = { source: place(V2_HEAD, ports), destination: place(V2_HEAD + size, ports + 2) }
  return done({ version: 2, ...header }, length)
}

/** Whether the type-length-value fields behind the addresses fill the header exactly. Their content is not looked at. */
function hasWholeFields(view: DataView, from: number, end: number): boolean {
  let at = from
  while (at + 3 <= end) at += 3 + view.getUint16(at + 1)
  return at === end
}
