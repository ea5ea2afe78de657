import type { EventHub } from '../../events.js'
import type { Exchange, StateKey } from '../../exchange.js'
import type { Jury } from './jury.js'
import type { Tarpit } from './tarpit.js'

/**
 * Hears what others tell of exchanges that have passed a ban, from the first gateway's start to the last one's close.
 *
 * @param keyOf Under which the ban has left whose exchange it is; others' exchanges have none.
 */
export function hearings(
  filter: string,
  hub: EventHub,
  jury: Jury,
  tarpit: Tarpit,
  keyOf: StateKey<string>,
): { start(): Promise<void>; close(): Promise<void> } {
  let users = 0
  let subscriptions: (() => void)[] = []
  const accuse = (moment: 'denied' | 'anomaly', exchange: Exchange): void => {
    const key = exchange.get(keyOf)
    if (key !== undefined) jury.hear(moment, key, exchange, null)
  }
  return {
    async start() {
      if (++users > 1) return
      // A closing gateway waits for what it has under way.
      subscriptions = [hub.on('gateway', ({ change }) => change === 'closing' && tarpit.release())]
      if (jury.hears('anomaly')) subscriptions.push(hub.on('anomaly', ({ exchange }) => accuse('anomaly', exchange)))
      if (jury.hears('denied'))
        subscriptions.push(
          hub.on('denied', ({ exchange, filter: by, status }) => {
            // An overload is nobody's offence, and a ban no reason for the next.
            if (status < 500 && by !== filter) accuse('denied', exchange)
          }),
        )
    },
    async close() {
      if (users === 0 || --users > 0) return
      for (const unsubscribe of subscriptions) unsubscribe()
      tarpit.release()
    },
  }
}
