import type { Balanced, Balancer } from './balancer.js'
import type { Gauge } from './gauge.js'
import { Least } from './least.js'
import { divisor } from './weights.js'

/**
 * Picks the endpoint with the fewest requests in flight for its weight, as HAProxy's `leastconn` does: by (requests in flight + 1)
 * / weight, an idle one first; among equals, the one that has stood so longest. For requests of very unequal length.
 *
 * @example
 * ```ts
 * createPool({ name: 'reports', endpoints, balancer: leastConnections() })
 * ```
 */
export function leastConnections<E extends Balanced = Balanced>(): Balancer<E> {
  return new Least<E>('leastConnections', () => new ConnectionsGauge<E>())
}

/** HAProxy's key (`lb_fwlc.c`): what the load would be with one more, so that among little loaded ones the heaviest comes first. */
export class ConnectionsGauge<E extends Balanced> implements Gauge<E> {
  readonly lowest = 'fewest requests in flight for its weight'
  #endpoints: readonly E[] = []

  rebuild(endpoints: readonly E[]): void {
    this.#endpoints = endpoints
  }

  write(at: number, keys: Float64Array): void {
    const endpoint = this.#endpoints[at]!
    keys[at] = endpoint.inFlight === 0 ? 0 : (endpoint.inFlight + 1) / divisor(endpoint)
  }
}
