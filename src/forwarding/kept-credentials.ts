import { type Exchange, type StateKey, stateKey } from '../exchange.js'

type Strip = (exchange: Exchange) => Exchange

/** How to take away the credentials that authenticators left for the upstream of the route, and for nobody else (H-135). */
const KEY: StateKey<readonly Strip[]> = stateKey('keptCredentials')

/** Notes a credential that the route's own pool may see. */
export function keepCredential(exchange: Exchange, strip: Strip): void {
  exchange.set(KEY, [...(exchange.get(KEY) ?? []), strip])
}

/** An exchange as others may see it: a `fallback` pool, a mirror. */
export function withoutKeptCredentials(exchange: Exchange): Exchange {
  return (exchange.get(KEY) ?? []).reduce((bare, strip) => strip(bare), exchange)
}
