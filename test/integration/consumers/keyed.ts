import { defineFilter, type Filter } from 'edgewise'
import { makePrincipal } from '../../../src/filters/auth/make-principal.js'
import { setPrincipal } from '../../../src/filters/auth/principal.js'

/** Takes what a client says in `X-Key` for its name: stands for an authenticator. */
export function keyed(): Filter {
  return defineFilter({ filterName: 'keyed', stage: 'guard' }, (exchange, next) => {
    const id = exchange.headers['x-key']
    if (typeof id === 'string') setPrincipal(exchange, makePrincipal('key', { id }))
    return next(exchange)
  })
}
