import {
  EdgeError,
  type EdgeErrorCode,
  type EdgeEvents,
  type ErrorSource,
  EventHub,
  type Exchange,
  events,
  type Outcome,
} from 'edgewise'
import { describe, expectTypeOf, it } from 'vitest'

describe('an event', () => {
  it('tells what is of its name', () => {
    const outcome = {} as Outcome
    events.on('exchange', (event) => {
      expectTypeOf(event).toEqualTypeOf<{ readonly exchange: Exchange; readonly outcome: Outcome }>()
      // @ts-expect-error nobody changes an event
      event.outcome = outcome
    })
    events.on('denied', ({ filter, status, why }) => {
      expectTypeOf([filter, why]).toEqualTypeOf<string[]>()
      expectTypeOf(status).toBeNumber()
    })
    events.on('endpoint', ({ change }) => {
      expectTypeOf(change).toEqualTypeOf<EdgeEvents['endpoint']['change']>()
      // @ts-expect-error there is no such change
      change === 'gone'
    })
    events.on('fault', ({ error }) => expectTypeOf(error).toBeUnknown())
    expectTypeOf(events.on('gateway', () => {})).toEqualTypeOf<() => void>()
    // @ts-expect-error there is no such event
    events.on('exchanges', () => {})
    // @ts-expect-error nor such a part of it
    events.on('denied', ({ reason }) => reason)
  })

  it('is told with all of it', () => {
    const hub = new EventHub()
    hub.emit('gateway', { change: 'closed' })
    // @ts-expect-error
    hub.emit('gateway', { change: 'open' })
    // @ts-expect-error
    hub.emit('hedge', { pool: 'users' })
  })
})

describe('an error', () => {
  it('has one of the codes that there are', () => {
    expectTypeOf<'ERR_EDGE_OPTION' | 'ERR_EDGE_CONNECT' | 'ERR_EDGE_AUTH_SOURCE'>().toExtend<EdgeErrorCode>()
    expectTypeOf<string>().not.toExtend<EdgeErrorCode>()
    const error: unknown = new EdgeError('ERR_EDGE_CONNECT', 'refused', { cause: new Error('x') })
    if (!(error instanceof EdgeError)) return
    expectTypeOf(error.code).toEqualTypeOf<EdgeErrorCode>()
    expectTypeOf(error.source).toEqualTypeOf<ErrorSource>()
    expectTypeOf(error.status).toBeNumber()
    // @ts-expect-error there is no such code
    error.code === 'ERR_EDGE_TIMEOUT'
    // @ts-expect-error there is no such code
    new EdgeError('ERR_EDGE_TIMEOUT', 'x')
  })

  it('can be told apart by a switch that forgets none', () => {
    const side = (source: ErrorSource): string => {
      switch (source) {
        case 'client':
        case 'upstream':
        case 'edge':
          return source
        default:
          return source satisfies never
      }
    }
    expectTypeOf(side).returns.toBeString()
  })
})
