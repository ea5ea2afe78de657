import { createHash } from 'node:crypto'
import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { subnetReader } from '../../http/subnet.js'
import { type Check, check } from '../../options.js'

/** By what requests are told to be one client's. */
export interface ClientKeyOptions {
  /**
   * Who asks, as text. What has no key (`null`, nothing, an empty text) is let pass and not counted, which a `fault` event tells of
   * once. @default the client's address, or the subnet of an IPv6 one
   */
  readonly key?: ((exchange: Exchange) => string | null | undefined) | undefined
  /** Bits of an IPv6 address that count, unless there is a `key`: a subscriber has a whole subnet. @default 64 */
  readonly ipv6Prefix?: number | undefined
}

export const clientKeyChecks: Readonly<Record<keyof ClientKeyOptions, Check>> = {
  key: check.function,
  ipv6Prefix: check.whole(1, 128),
}

/** Tells clients apart. */
export interface ClientKeys {
  of(exchange: Exchange): string | null
  /** The same, without a fault for one that has none. */
  peek(exchange: Exchange): string | null
  /** The key of an address, or of what is a key already. */
  named(text: string): string
}

/** Keys of more characters are kept as their hash: they may be a client's own words. */
const LONGEST = 128

/** @param where The filter, for the fault. */
export function clientKeys({ key, ipv6Prefix = 64 }: ClientKeyOptions, where: string, hub: EventHub): ClientKeys {
  const subnetOf = subnetReader(ipv6Prefix)
  // A socket that is gone has no address any more: such clients must not all become one (H-140).
  const read = key ?? (({ client }: Exchange) => (client.address === '' ? null : subnetOf(client.address)))
  let told = false
  const peek = (exchange: Exchange): string | null => {
    const found = read(exchange)
    return typeof found === 'string' && found !== '' ? bounded(found) : null
  }
  return {
    peek,
    of(exchange) {
      const found = peek(exchange)
      if (found !== null) return found
      if (!told && !exchange.cancel.aborted) {
        told = true
        hub.emit('fault', { where, error: new Error('a request has no key; it passes, and is not counted') })
      }
      return null
    },
    named: (text) => bounded(key === undefined ? subnetOf(text) : text),
  }
}

function bounded(key: string): string {
  return key.length <= LONGEST ? key : createHash('sha256').update(key).digest('base64url')
}
