import type { EventHub } from '../../events.js'
import type { Section } from './section.js'

/** How things are that tell of themselves by events only: stores elsewhere, and the load on this process. */
export function signs(maxSeries: number): Section {
  const stores = new Map<string, 0 | 1>()
  let shedding = 0
  return {
    families: [
      {
        ...{ name: 'store_up', help: 'Whether a store answers, once it has told of itself.', type: 'gauge' },
        ...{ labels: ['store'], aggregator: 'min' },
        read: () => Array.from(stores, ([store, value]) => ({ labels: { store }, value })),
      },
      {
        ...{ name: 'shedding', help: 'Whether requests are being turned away for overload.', type: 'gauge' },
        read: () => [{ labels: {}, value: shedding }],
      },
    ],
    listen: (hub: EventHub) => [
      hub.on('store', ({ store, change }) => {
        if (change === 'refused' || (stores.size >= maxSeries && !stores.has(store))) return
        stores.set(store, change === 'up' ? 1 : 0)
      }),
      hub.on('overload', ({ change }) => {
        shedding = change === 'shedding' ? 1 : 0
      }),
    ],
  }
}
