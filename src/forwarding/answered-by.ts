import { type Exchange, type StateKey, stateKey } from '../exchange.js'
import type { Endpoint } from '../upstream/endpoint.js'

/** The endpoints whose replies were passed on: there for whoever asks before the exchange is forwarded, as it costs something. */
const answeredBy: StateKey<Endpoint[]> = stateKey('edgewise.answeredBy')

/** Asks to be told; more than one where an exchange is forwarded more than once. */
export function noteAnswers(exchange: Exchange): readonly Endpoint[] {
  const known = exchange.get(answeredBy)
  if (known !== undefined) return known
  const endpoints: Endpoint[] = []
  exchange.set(answeredBy, endpoints)
  return endpoints
}

/** Tells whoever asked. */
export function tellAnswer(exchange: Exchange, endpoint: Endpoint): void {
  exchange.get(answeredBy)?.push(endpoint)
}
