import ipaddr from 'ipaddr.js'
import type { ClientInfo } from './client-info.js'
import type { MutableHeaderMap } from './header-map.js'

/** Which fields tell the upstream where a request came from. */
export type ForwardedStyle = 'x-forwarded' | 'forwarded' | 'both' | 'off'

/**
 * Writes where a request came from into the fields that go upstream: the peer is appended to what a trusted proxy said, and
 * replaces what anybody else did. Both styles are made of the same facts, so that they can't disagree (H-063).
 *
 * @param headers A map of our own, from which claims of untrusted peers and Connection's nominations are gone already (H-051).
 */
export function writeForwarded(
  headers: MutableHeaderMap,
  client: ClientInfo,
  base: string,
  style: ForwardedStyle,
): void {
  if (client.trusted) {
    delete headers['forwarded']
    delete headers['x-forwarded-server']
  }
  if (style === 'off') return
  const chain = client.forwardedFor === '' ? client.peer : `${client.forwardedFor}, ${client.peer}`
  const { authority, protocol } = client
  if (style !== 'forwarded') {
    if (chain !== '') headers['x-forwarded-for'] = chain
    headers['x-forwarded-proto'] = protocol
    headers['x-forwarded-port'] = String(client.port)
    if (authority !== null) headers['x-forwarded-host'] = authority
    if (base !== '/')
      headers['x-forwarded-prefix'] = `${(headers['x-forwarded-prefix'] as string | undefined) ?? ''}${base}`
  }
  if (style === 'forwarded') for (const fact of ['for', 'proto', 'host', 'port']) delete headers[`x-forwarded-${fact}`]
  if (style !== 'x-forwarded') {
    const host = authority === null ? '' : `;host=${quoted(authority)}`
    const nodes = chain === '' ? ['unknown'] : chain.split(',')
    headers['forwarded'] = nodes
      .map(
        (node, at) =>
          `for=${quoted(bracketed(node.trim()))}${at === nodes.length - 1 ? `${host};proto=${protocol}` : ''}`,
      )
      .join(', ')
  }
}

/** RFC 7239 §6: an IPv6 address stands in brackets. */
function bracketed(node: string): string {
  return ipaddr.IPv6.isValid(node) ? `[${node}]` : node
}

function quoted(value: string): string {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}
