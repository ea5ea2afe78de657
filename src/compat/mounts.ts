import type { IncomingMessage, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import { toExpress } from '../adapters/express.js'
import { toNode } from '../adapters/node.js'
import type { Gateway } from '../gateway.js'
import { parseTarget } from '../http/target.js'
import type { EdgeMiddleware } from '../serving/middleware.js'
import type { Next } from '../serving/serve.js'

/** A request that a framework may have taken a prefix off. */
export type MountedRequest = IncomingMessage & { readonly baseUrl?: string; readonly originalUrl?: string }

/** A gateway, mounted somewhere. */
export type Mount = ((req: IncomingMessage, res: ServerResponse, next: Next) => void) & EdgeMiddleware

/** One with parameters is a place for each of their values. */
const MOST = 100

/** The places where one gateway is mounted: the one that was named, or those where frameworks turn out to have put it. */
export class Mounts {
  readonly #gateway: Gateway
  readonly #only: Mount | null
  readonly #known = new LRUCache<string, Mount>({ max: MOST })

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for a base that is no plain path. */
  constructor(gateway: Gateway, base: string | undefined) {
    this.#gateway = gateway
    this.#only = base === undefined ? null : toExpress(gateway, { base })
  }

  at(base: string): Mount {
    if (this.#only !== null) return this.#only
    const known = this.#known.get(base)
    if (known !== undefined) return known
    // What stands for a parameter is the client's: where it can't be read, all of the target is refused.
    const made = toNode(this.#gateway, { base: isReadable(base) ? base : '/', fallThrough: true })
    this.#known.set(base, made)
    return made
  }
}

/** The prefix that a framework has taken off: Express says so, connect and polka leave the whole target. */
export function mountOf({ baseUrl, originalUrl, url = '/' }: MountedRequest): string {
  if (baseUrl !== undefined) return baseUrl || '/'
  if (originalUrl === undefined || originalUrl === url) return '/'
  const [whole = '', rest = ''] = [originalUrl, url].map((each) => each.replace(/\?.*/s, ''))
  if (whole.endsWith(rest)) return whole.slice(0, whole.length - rest.length) || '/'
  return rest === '/' ? whole : '/'
}

function isReadable(base: string): boolean {
  return base.startsWith('/') && !('error' in parseTarget(base, 'GET', null))
}
