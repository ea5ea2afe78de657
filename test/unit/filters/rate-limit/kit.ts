import { compose, type EdgeEvents, EventHub, type Exchange, type Filter, type Reply, reply } from 'edgewise'
import { type Asked, asked } from '../../asked.js'

/** Something to put in front of a handler that answers 200, and what it told. */
export interface Tried {
  readonly hub: EventHub
  readonly told: {
    readonly denied: EdgeEvents['denied'][]
    readonly limited: EdgeEvents['limited'][]
    readonly fault: EdgeEvents['fault'][]
  }
  /** Asks, and gives the reply. */
  ask(target?: string, odd?: Asked): Promise<Reply>
  /** The same for an exchange. */
  send(exchange: Exchange): Promise<Reply>
  statuses(count: number, target?: string, odd?: Asked): Promise<number[]>
}

export function tried(make: (hub: EventHub) => Filter): Tried {
  const hub = new EventHub()
  const told: Tried['told'] = { denied: [], limited: [], fault: [] }
  hub.on('denied', (event) => told.denied.push(event))
  hub.on('limited', (event) => told.limited.push(event))
  hub.on('fault', (event) => told.fault.push(event))
  const handler = compose(make(hub), async () => reply(200, 'ok'))
  const ask = (target = '/', odd: Asked = {}): Promise<Reply> => handler(asked(target, odd))
  return {
    hub,
    told,
    ask,
    send: handler,
    async statuses(count, target, odd) {
      const statuses: number[] = []
      for (let at = 0; at < count; at++) statuses.push((await ask(target, odd)).status)
      return statuses
    },
  }
}

export const from = (address: string): Asked => ({ client: { address } })
