import type { Exchange } from '../exchange.js'
import { onlyPair } from '../http/pairs.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Balanced, Balancer, Peek } from './balancer.js'
import { roundRobin } from './round-robin.js'
import { checkStickyOptions, cookieAttributes, type StickyCookieOptions } from './sticky-options.js'
import { TOKEN_LENGTH, tokensOf } from './sticky-token.js'

const SEMICOLON = 59

/**
 * Keeps a client on the endpoint that it was given first, by a cookie. The cookie holds a token, never the endpoint's name or
 * address, and leads to configured endpoints only: whatever else it holds is ignored, and the client is given another (H-112).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'shop', endpoints, balancer: stickyCookie({ name: '__Host-shop', secret: process.env.STICKY_SECRET }) })
 * ```
 */
export function stickyCookie<E extends Balanced = Balanced>(options: StickyCookieOptions<E>): Balancer<E> {
  checkStickyOptions(options)
  return new StickyCookie<E>(options, options.fallback ?? roundRobin<E>())
}

class StickyCookie<E extends Balanced> implements Balancer<E> {
  readonly name = 'stickyCookie'
  /** Only where the fallback can be forked. */
  readonly fork?: () => Balancer<E>
  readonly #fallback: Balancer<E>
  readonly #secrets: readonly string[]
  readonly #prefix: string
  readonly #attributes: { readonly http: string; readonly https: string }
  #tokens = new Map<E, readonly string[]>()
  #holders = new Map<string, E>()

  constructor(options: StickyCookieOptions<E>, fallback: Balancer<E>) {
    this.#fallback = fallback
    const { secret = [] } = options
    this.#secrets = typeof secret === 'string' ? [secret] : [...secret]
    this.#prefix = `${options.name}=`
    this.#attributes = cookieAttributes(options)
    if (fallback.fork !== undefined) this.fork = () => new StickyCookie(options, fallback.fork!())
  }

  rebuild(endpoints: readonly E[]): void {
    const before = this.#tokens
    this.#tokens = new Map()
    this.#holders = new Map()
    for (const endpoint of endpoints) {
      if (!(endpoint.weight > 0)) continue
      const tokens = before.get(endpoint) ?? tokensOf(endpoint.name, this.#secrets)
      this.#tokens.set(endpoint, tokens)
      for (const token of tokens) this.#holders.set(token, endpoint)
    }
    this.#fallback.rebuild(endpoints)
  }

  pick(exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const token = exchange === null ? undefined : this.#tokenOf(exchange)
    const holder = token === undefined ? undefined : this.#holders.get(token)
    return holder === undefined || skip(holder) ? this.#fallback.pick(exchange, skip) : holder
  }

  peek(exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E> {
    const token = exchange === null ? undefined : this.#tokenOf(exchange)
    const holder = token === undefined ? undefined : this.#holders.get(token)
    if (holder !== undefined && !skip(holder))
      return { endpoint: holder, why: 'its cookie is the one that the client sent' }
    const lost =
      holder === undefined
        ? 'the client sent no cookie of ours'
        : `${holder.name}, whose cookie the client sent, can take nothing`
    const peek = this.#fallback.peek?.(exchange, skip)
    if (peek !== undefined) return { ...peek, why: `${lost}; ${peek.why}` }
    return {
      endpoint: undefined,
      candidates: [...this.#tokens.keys()].filter((each) => !skip(each)),
      why: `${lost}; ${this.#fallback.name} decides`,
    }
  }

  cookieFor(exchange: Exchange, endpoint: E): string | undefined {
    const token = this.#tokens.get(endpoint)?.[0]
    if (token === undefined || token === this.#tokenOf(exchange)) return undefined
    return `${this.#prefix}${token}${this.#attributes[exchange.client.protocol]}`
  }

  changed(endpoint: E): void {
    this.#fallback.changed?.(endpoint)
  }

  settled(endpoint: E, outcome: AttemptOutcome): void {
    this.#fallback.settled?.(endpoint, outcome)
  }

  /** What the client sent, if it can be one of ours. */
  #tokenOf({ headers }: Exchange): string | undefined {
    const field = headers['cookie'] as string | undefined
    const token = field === undefined ? undefined : onlyPair(field, this.#prefix, SEMICOLON)
    return token?.length === TOKEN_LENGTH ? token : undefined
  }
}
