import type { Socket } from 'node:net'
import type { Cancel } from '../cancel.js'
import { EdgeError } from '../errors.js'
import { compileTrust, type Trust } from '../http/trust.js'
import { check, checkOptions, optionError } from '../options.js'
import { preread, type Told } from './preread.js'
import { type ProxyHeader, parseProxyHeader } from './proxy-protocol.js'

/** Who sends a PROXY protocol header in front of its connections. */
export interface ProxyProtocolOptions {
  /** Peers whose every connection begins with a header: addresses, CIDR ranges, `loopback`, `linklocal`, `uniquelocal`. */
  readonly from: readonly string[]
  /**
   * Whether connections of everybody else are closed. If not, these pass without one: the first bytes are looked at for nobody but
   * the peers in `from`, since who may choose to send a header may choose who it is.
   *
   * @default true
   */
  readonly required?: boolean | undefined
}

/** Reads the header of a connection that must have one; `null` for one that must not. */
export type ReadProxied = (socket: Socket, peer: string, cancel: Cancel) => Promise<Told<ProxyHeader>> | null

/**
 * Checks and compiles `proxyProtocol`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compileProxied(options: ProxyProtocolOptions, factory: string): ReadProxied {
  checkOptions(factory, options, { from: check.strings, required: check.boolean })
  if (options.from === undefined || options.from.length === 0)
    throw optionError(factory, 'from', options.from, "the peers that send the header, as ['10.0.0.0/8']")
  const { required = true } = options
  const trust: Trust = compileTrust(options.from, factory, 'from')
  return (socket, peer, cancel) => {
    if (trust(peer)) return preread(socket, HEADER, cancel)
    if (!required) return null
    return Promise.reject(
      new EdgeError('ERR_EDGE_PROXY_HEADER', 'PROXY header: the peer is none of those who may send one'),
    )
  }
}

/** The parser has limits of its own, the longer one 4096 bytes. */
const HEADER = { parse: parseProxyHeader, limit: 4096, code: 'ERR_EDGE_PROXY_HEADER', what: 'PROXY header' } as const
