import { isAddress } from './address.js'
import { type Authority, parseAuthority } from './authority.js'
import { splitUnquoted } from './field-list.js'
import type { HeaderMap } from './header-map.js'
import type { Trust } from './trust.js'

/** What a client proved itself with in TLS: its certificate, which an authority of ours has signed. */
export interface ClientCertificate {
  /** Distinguished name, a line an attribute, as Node gives it. */
  readonly subject: string
  /** Common name of the subject, if it has one. */
  readonly commonName: string | null
  /** Subject alternative names as they stand in it: `DNS:a.example`, `URI:spiffe://…`, `email:…`. */
  readonly names: readonly string[]
  readonly issuer: string
  readonly serialNumber: string
  /** SHA-256 of the whole, in colon-separated hexadecimal. */
  readonly fingerprint: string
  /** DER. */
  readonly raw: Uint8Array
}

/** Who asked, after the one trust decision that governs all of it. */
export interface ClientInfo {
  /** Address of the client: the peer, or further back past trusted proxies only. Empty on a Unix socket. */
  readonly address: string
  /** How the client came: as a trusted proxy says, else as it came here. */
  readonly protocol: 'http' | 'https'
  /** Host the client asked for: lower case, no port, no trailing dot. `null` in HTTP/1.0 without Host. */
  readonly host: string | null
  /** Port the client asked for; where it named none, that of the protocol. */
  readonly port: number
  /** Host and port as they came. */
  readonly authority: string | null
  /** Address at the other end of this connection. */
  readonly peer: string
  /** Whether the peer is a trusted proxy. */
  readonly trusted: boolean
  /** What the peer said of the addresses before it, nearest last; empty unless trusted. */
  readonly forwardedFor: string
  /** Of the other end of this connection, where the server asked for one and it was good; `null` else. */
  readonly certificate: ClientCertificate | null
}

/**
 * Tells who the client is. What an untrusted peer claims is not looked at; of a trusted one, address, protocol and host are
 * believed alike (CVE-2026-3635 was trusting one without the others).
 *
 * @param named The Host field, taken apart.
 * @param headers Already without the claims of untrusted peers.
 */
export function readClient(
  peer: string,
  encrypted: boolean,
  named: Authority | null,
  headers: HeaderMap,
  trust: Trust,
  trusted: boolean,
  certificate: ClientCertificate | null = null,
): ClientInfo {
  const own = encrypted ? 'https' : 'http'
  const authority = (headers['host'] as string | undefined) ?? null
  if (!trusted) {
    const { host, port } = named ?? nowhere
    return {
      address: peer,
      protocol: own,
      host,
      port: port ?? portOf(own),
      authority,
      peer,
      trusted,
      forwardedFor: '',
      certificate,
    }
  }
  const forwardedFor =
    (headers['x-forwarded-for'] as string | undefined) ?? forwardedChain(headers['forwarded'] as string | undefined)
  const protocol = protocolOf(lastMember(headers['x-forwarded-proto'] as string | undefined)) ?? own
  const claim = lastMember(headers['x-forwarded-host'] as string | undefined)
  const claimed = claim === undefined ? null : parseAuthority(claim)
  const { host, port } = claimed ?? named ?? nowhere
  return {
    address: clientAddress(peer, forwardedFor, trust),
    protocol,
    host,
    port: port ?? portOf(protocol),
    authority: claimed === null ? authority : (claim as string),
    peer,
    trusted,
    forwardedFor,
    certificate,
  }
}

const nowhere = { host: null, port: null }

function portOf(protocol: 'http' | 'https'): number {
  return protocol === 'https' ? 443 : 80
}

/** Walks the chain from its near end past trusted proxies; never takes the leftmost on faith (H-060). Linear in what it visits. */
function clientAddress(peer: string, chain: string, trust: Trust): string {
  let address = peer
  let end = chain.length
  while (end > 0 && trust(address)) {
    const comma = chain.lastIndexOf(',', end - 1)
    const next = bareAddress(chain.slice(comma + 1, end).trim())
    if (next === null) break
    address = next
    end = comma
  }
  return address
}

/** `1.2.3.4:80` and `[::1]:80` without their port; `null` for `unknown`, `_hidden` and anything else that is not an address. */
function bareAddress(node: string): string | null {
  const match = /^\[([0-9a-f:.]+)\](?::[0-9]{1,5})?$/i.exec(node) ?? /^([0-9.]+)(?::[0-9]{1,5})?$/.exec(node)
  const address = match?.[1] ?? node
  return isAddress(address) ? address : null
}

/** RFC 7239 §6: an address, `unknown` or an obfuscated name, perhaps with a port. Admits no comma, which would read as two nodes. */
const NODE = /^(?:[0-9.]{7,15}|\[[0-9a-f:.]{2,45}\]|unknown|_[0-9a-z._-]+)(?::(?:[0-9]{1,5}|_[0-9a-z._-]+))?$/i

/** The `for` chain of a Forwarded field (RFC 7239); empty if any of it is malformed (H-063). */
export function forwardedChain(field: string | undefined): string {
  if (field === undefined) return ''
  const nodes: string[] = []
  for (const element of splitUnquoted(field, ',')) {
    let node: string | null = null
    for (const pair of splitUnquoted(element, ';')) {
      const match = /^[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+)=(?:([!#$%&'*+.^_`|~0-9a-z-]+)|"((?:[^"\\]|\\.)*)")[ \t]*$/i.exec(
        pair,
      )
      if (match === null) return ''
      if (match[1]?.toLowerCase() !== 'for') continue
      if (node !== null) return ''
      node = match[2] ?? (match[3] ?? '').replace(/\\(.)/g, '$1')
      if (!NODE.test(node)) return ''
    }
    // A hop that does not say for whom it speaks ends the chain: whoever stands before it is not vouched for.
    nodes.push(node ?? 'unknown')
  }
  return nodes.join(', ')
}

function lastMember(list: string | undefined): string | undefined {
  return list === undefined ? undefined : list.slice(list.lastIndexOf(',') + 1).trim()
}

function protocolOf(scheme: string | undefined): 'http' | 'https' | undefined {
  const lower = scheme?.toLowerCase()
  if (lower === 'https' || lower === 'wss') return 'https'
  return lower === 'http' || lower === 'ws' ? 'http' : undefined
}
