import { type EdgeEvents, EventHub, type Filter, type Handler, http1, type Outcome } from 'edgewise'
import { eventually } from '../../support/index.js'
import { type Front, gatewayOver } from '../front.js'

/** A gateway of one chain, and what it told. */
export interface Served extends AsyncDisposable {
  readonly port: number
  readonly front: Front
  readonly denied: readonly EdgeEvents['denied'][]
  /** Waits until that many exchanges have settled, and gives how they did. */
  settled(count: number): Promise<readonly Outcome[]>
}

export async function served(make: (events: EventHub) => Filter, handler: Handler): Promise<Served> {
  const events = new EventHub()
  const denied: EdgeEvents['denied'][] = []
  events.on('denied', (event) => denied.push(event))
  const routes = [{ path: '/**', filters: [make(events)], handler }]
  const front = await gatewayOver(http1(), ['http://127.0.0.1:1'], { gateway: { routes } })
  return {
    port: front.port,
    front,
    denied,
    settled: async (count) => {
      await eventually(() => front.outcomes.length >= count, { timeoutMs: 5_000 })
      return front.outcomes
    },
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  }
}
