import { randomUUID } from 'node:crypto'
import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { changeHeaders } from '../../http/header-map.js'
import { check, checkOptions } from '../../options.js'
import { changeReply } from '../reply-fields.js'

export interface RequestIdOptions {
  /** Field that carries it, to the upstream and back to the client. @default 'x-request-id' */
  readonly header?: string | undefined
  /**
   * Whose id is taken over: that of a peer in `trustedProxies`, anybody's, or nobody's. An id that is not 1 to 128 letters, digits and
   * `-._~:/+=@` is never taken over: it would go into logs (H-195).
   *
   * @default 'trusted'
   */
  readonly accept?: 'trusted' | 'always' | 'never' | undefined
  /** Makes one. @default randomUUID */
  readonly generator?: ((exchange: Exchange) => string) | undefined
  /** Whether the client is told. @default true */
  readonly tellClient?: boolean | undefined
}

const KEY: StateKey<string> = stateKey('requestId')
const PLAIN = /^[A-Za-z0-9\-._~:/+=@]{1,128}$/
const NAME = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/

/**
 * The id that {@link requestId} gave an exchange; `undefined` where it does not stand in the chain.
 *
 * @example
 * ```ts
 * app.get('/', (req, res) => res.send(`You are request ${requestIdOf(exchangeOf(req))}.`))
 * ```
 */
export function requestIdOf(exchange: Exchange | undefined): string | undefined {
  return exchange?.get(KEY)
}

/**
 * Gives every request an id that the upstream, the client and the logs see alike, as HAProxy's `unique-id-header` or Kong's
 * `correlation-id`. Failures that Edgewise answers carry it, too.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const gateway = createGateway({ filters: [requestId()], routes })
 * events.on('exchange', ({ exchange, outcome }) => console.log(requestIdOf(exchange), outcome.status))
 * ```
 */
export function requestId(options: RequestIdOptions = {}): Filter {
  checkOptions('requestId', options, {
    header: (value) => (typeof value === 'string' && NAME.test(value) ? undefined : 'a field name'),
    accept: check.oneOf('trusted', 'always', 'never'),
    generator: check.function,
    tellClient: check.boolean,
  })
  const { accept = 'trusted', generator = () => randomUUID(), tellClient = true } = options
  const name = (options.header ?? 'x-request-id').toLowerCase()
  const given = ({ headers, client }: Exchange): string | undefined => {
    if (accept === 'never' || (accept === 'trusted' && !client.trusted)) return undefined
    const value = headers[name]
    return typeof value === 'string' && PLAIN.test(value) ? value : undefined
  }
  const marked = (exchange: Exchange, id: string): Exchange => {
    exchange.set(KEY, id)
    return exchange.headers[name] === id
      ? exchange
      : exchange.with({ headers: changeHeaders(exchange.headers, { [name]: id }) })
  }
  return defineFilter(
    {
      filterName: 'requestId',
      stage: 'observe',
      explain: (exchange) => {
        const taken = given(exchange)
        // A generator of the user's may count.
        const onward = (copy: Exchange): Exchange => marked(copy, taken ?? '(a new id)')
        return taken === undefined
          ? { verdict: 'change', why: `sets ${name}`, onward }
          : { verdict: 'pass', why: `takes over ${name}`, onward }
      },
    },
    (exchange, next) => {
      const id = given(exchange) ?? generator(exchange)
      const onward = marked(exchange, id)
      return tellClient
        ? changeReply(
            exchange,
            () => next(onward),
            (headers) => changeHeaders(headers, { [name]: id }),
          )
        : next(onward)
    },
  )
}
