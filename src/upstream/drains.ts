import { EdgeError } from '../errors.js'
import type { Milliseconds } from '../options.js'
import type { Endpoint } from './endpoint.js'

/** How long to wait for the requests under way at an endpoint that goes out of service. */
export interface DrainOptions {
  /** After this the wait is over, and `false` the answer. @default none: as long as it takes */
  readonly deadlineMs?: Milliseconds | undefined
  /** Ends what is still under way at the deadline: 503, or a reply that breaks off. @default false */
  readonly cut?: boolean | undefined
  /** Lets WebSockets live until they end by themselves, instead of telling both sides to go (1001). @default false */
  readonly keepTunnels?: boolean | undefined
}

/** Tells the tunnels of an endpoint that goes out of service to go; also those whose handshake is under way. */
export function letTunnelsGo(endpoint: Endpoint, { keepTunnels = false }: DrainOptions = {}): void {
  if (!keepTunnels) endpoint.tunnels.leave('drain')
}

/** Who waits for endpoints to become idle. */
export class Drains {
  readonly #waiting = new Map<Endpoint, Set<(idle: boolean) => void>>()

  get size(): number {
    return this.#waiting.size
  }

  /** Whether the endpoint became idle, and in time. */
  wait(endpoint: Endpoint, { deadlineMs, cut = false }: DrainOptions = {}): Promise<boolean> {
    if (endpoint.inFlight === 0) return Promise.resolve(true)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const deadline =
      deadlineMs === undefined
        ? undefined
        : setTimeout(() => {
            done(false)
            if (cut) cutLeases(endpoint, deadlineMs)
          }, deadlineMs).unref()
    const done = (idle: boolean): void => {
      clearTimeout(deadline)
      waiting.delete(done)
      if (waiting.size === 0) this.#waiting.delete(endpoint)
      resolve(idle)
    }
    const waiting = this.#waiting.get(endpoint) ?? new Set()
    this.#waiting.set(endpoint, waiting.add(done))
    return promise
  }

  /** Ends the waits for an endpoint: it is idle, or it is to take traffic again. */
  end(endpoint: Endpoint, idle: boolean): void {
    for (const done of this.#waiting.get(endpoint) ?? []) done(idle)
  }
}

function cutLeases(endpoint: Endpoint, deadlineMs: Milliseconds): void {
  const reason = new EdgeError('ERR_EDGE_CLOSING', `not done within ${deadlineMs} ms of draining ${endpoint.name}`)
  const under = []
  for (let lease = endpoint.newest; lease !== null; lease = lease.older) under.push(lease.exchange)
  for (const exchange of under) exchange.cancel.abort(reason)
  endpoint.tunnels.destroy()
}
