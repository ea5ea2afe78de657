import { type Exchange, type StateKey, stateKey } from '../../exchange.js'

const KEY: StateKey<boolean> = stateKey('stand-in consumer')

/** Whether an exchange's consumer stands for many clients, so that limits are to be counted for each of them. */
export function isStandIn(exchange: Exchange): boolean {
  return exchange.get(KEY) === true
}

export function setStandIn(exchange: Exchange): void {
  exchange.set(KEY, true)
}
