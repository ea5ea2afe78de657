import { createGateway, EdgeError, type EdgeEvents, EventHub, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { WatchedGateways } from '../../../../src/observing/status/watched-gateways.js'
import { OutcomeBuilder } from '../../../../src/outcome.js'
import { asked } from '../../asked.js'

const gatewayOn = (events: EventHub) =>
  createGateway({ routes: [{ path: '/**', handler: async () => reply(200) }], events })

function settled(
  status: number | null,
  error: EdgeError | null = null,
  firstByte: number | null = null,
): EdgeEvents['exchange'] {
  const outcome = Object.assign(new OutcomeBuilder(0), { status, error }).build('/**')
  return { exchange: asked('/'), outcome: { ...outcome, times: { ...outcome.times, firstByte } } }
}

describe('WatchedGateways', () => {
  it('counts exchanges, those that failed through no fault of the client, and times to first byte', () => {
    const hub = new EventHub()
    let now = 0
    const watched = new WatchedGateways(() => now)
    watched.follow({ main: gatewayOn(hub) })
    for (const event of [
      settled(200, null, 100),
      settled(404),
      settled(503),
      settled(null, new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'left')),
    ])
      hub.emit('exchange', event)
    now = 2_000
    const [main] = watched.report(now)
    expect(main).toMatchObject({ name: 'main', state: 'serving', requests: 0, tunnels: 0, rate: 2, errorRate: 0.25 })
    expect(main!.latency!.p50).toBeCloseTo(100, -1)
    expect(watched.perSecond(now)).toEqual({ rate: 2, failed: 0.5 })
  })

  it('says nothing of each where two share a hub, and counts their exchanges once', () => {
    const hub = new EventHub()
    const watched = new WatchedGateways(() => 0)
    watched.follow({ one: gatewayOn(hub), two: gatewayOn(hub) })
    hub.emit('exchange', settled(200))
    expect(watched.report(1_000)).toMatchObject([
      { name: 'one', rate: null, latency: null },
      { name: 'two', rate: null, latency: null },
    ])
    expect(watched.perSecond(1_000)).toEqual({ rate: 1, failed: 0 })
  })

  it('listens to nobody who is gone', () => {
    const hub = new EventHub()
    const watched = new WatchedGateways(() => 0)
    watched.follow({ one: gatewayOn(hub) })
    expect(hub.has('exchange')).toBe(true)
    watched.follow({})
    expect([hub.has('exchange'), watched.report(0), watched.perSecond(0)]).toEqual([false, [], null])
  })
})
