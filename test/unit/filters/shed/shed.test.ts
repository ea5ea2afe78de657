import { type EdgeEvents, EventHub, type Priority, reply, type ShedOptions, shed } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { shedWith } from '../../../../src/filters/shed/shed.js'
import { fakeClock } from '../../../support/index.js'
import { type Asked, asked } from '../../asked.js'

/** A filter whose time is held, and whose handler answers when told. */
function held(options: ShedOptions = {}) {
  const clock = fakeClock()
  const events = new EventHub()
  const told: EdgeEvents['overload'][] = []
  events.on('overload', (event) => told.push(event))
  const used = { heap: 0 }
  const loop = { now: clock.now, idle: clock.now, afterPoll: (run: () => void) => void clock.setTimeout(run, 0) }
  const filter = shedWith({ events, ...options }, loop, clock, { heapShare: () => used.heap, rssBytes: () => 0 })
  const ask = async (path = '/', odd: Asked = {}) => {
    const exchange = asked(path, odd)
    const answer = await filter(exchange, async () => reply(200))
    return { answer, settle: () => exchange.settle() }
  }
  return { clock, events, told, used, filter, ask }
}

const status = async (asking: Promise<{ readonly answer: { readonly status: number } }>): Promise<number> =>
  (await asking).answer.status

describe('shed', () => {
  it('lets so many be in flight, fewer of the less urgent, each until it has settled', async () => {
    const { filter, ask } = held({ maxInFlight: 20, priority: ({ headers }) => headers['x-p'] as Priority })
    const as = (priority: string) => ask('/', { headers: { 'x-p': priority } })
    const fill = async (priority: string, upTo: number): Promise<void> => {
      while (filter.inFlight < upTo) expect(await status(as(priority))).toBe(200)
      expect(await status(as(priority))).toBe(503)
    }
    await fill('low', 16)
    await fill('normal', 19)
    // What is no priority is normal.
    for (const odd of ['', 'urgent', 'constructor']) expect(await status(as(odd))).toBe(503)
    const last = await as('high')
    expect([last.answer.status, filter.inFlight, await status(as('high'))]).toEqual([200, 20, 503])
    last.settle()
    last.settle()
    expect([filter.inFlight, await status(as('high'))]).toEqual([19, 200])
  })

  it('H-110 counts what throws until it has settled, at once or later, and an upgrade until it is answered', async () => {
    const { filter } = held({})
    for (const upgrade of [false, true]) {
      for (const handler of [
        () => {
          throw new Error('at once')
        },
        async () => Promise.reject(new Error('later')),
      ]) {
        const exchange = asked('/', { upgrade })
        await expect((async () => filter(exchange, handler))()).rejects.toThrow()
        exchange.settle()
        expect(filter.inFlight).toBe(0)
      }
    }
  })

  it('answers 503, with Retry-After in whole seconds, and nothing of why', async () => {
    const { ask } = held({ maxInFlight: 1, retryAfterMs: 1_500 })
    await ask()
    const { answer } = await ask()
    expect([answer.status, answer.headers['retry-after'], answer.headers['cache-control']]).toEqual([
      503,
      '2',
      'no-store',
    ])
    const { ask: quietly } = held({ maxInFlight: 1, retryAfterMs: 0 })
    await quietly()
    expect((await quietly()).answer.headers['retry-after']).toBeUndefined()
  })

  it('H-197 never sheds nor counts what is exempt, by its canonical path, however great the pressure', async () => {
    const { clock, filter, used, ask } = held({ maxHeapShare: 0.5, exempt: ['/healthz', '/status/**'] })
    await filter.start!()
    used.heap = 0.9
    await clock.advance(1_000)
    for (const path of ['/healthz', '/%68ealthz', '/status/pools']) expect(await status(ask(path))).toBe(200)
    for (const path of ['/', '/healthz/x', '/Healthz', '/status%2fx'])
      expect(await status(ask(path).catch(() => ask()))).toBe(503)
    expect(filter.inFlight).toBe(0)
    await filter.close!()
  })

  it('tells of an overload once, and when nothing has been shed for a second', async () => {
    const { clock, filter, told, ask } = held({ maxInFlight: 1 })
    await filter.start!()
    const first = await ask()
    for (let at = 0; at < 5; at++) await ask()
    expect([told, filter.shedding]).toEqual([
      [{ change: 'shedding', why: 'too many requests are in flight', shed: 1 }],
      true,
    ])
    await clock.advance(900)
    await ask()
    await clock.advance(900)
    expect(told).toHaveLength(1)
    first.settle()
    await clock.advance(300)
    expect([told[1], filter.shedding]).toEqual([{ change: 'calm', why: 'nothing had to be shed', shed: 6 }, false])
    await filter.close!()
  })

  it('H-202 leaves no timer when closed, and runs while one of two gateways that share it does', async () => {
    const { clock, filter, told, ask } = held({ maxInFlight: 1 })
    await filter.start!()
    await filter.start!()
    await ask()
    await ask()
    await filter.close!()
    expect(clock.pending).toBeGreaterThan(0)
    await filter.close!()
    await filter.close!()
    await clock.advance(0)
    await clock.advance(1)
    expect([clock.pending, told.map(({ change, why }) => `${change}: ${why}`)]).toEqual([
      0,
      ['shedding: too many requests are in flight', 'calm: closed'],
    ])
  })

  it('explains, and counts nothing', async () => {
    const { filter, ask } = held({ maxInFlight: 1, exempt: ['/healthz'] })
    expect(filter.explain!(asked('/'))).toEqual({ verdict: 'pass', why: 'there is room' })
    await ask()
    expect(filter.explain!(asked('/'))).toEqual({ verdict: 'deny', why: 'too many requests are in flight' })
    expect(filter.explain!(asked('/healthz'))).toEqual({ verdict: 'pass', why: 'exempt' })
    expect(filter.inFlight).toBe(1)
  })

  it.each<[unknown, RegExp]>([
    [{ maxInFlight: 0 }, /"maxInFlight" is 0/],
    [{ maxHeapShare: 90 }, /"maxHeapShare" is 90; allowed: a number from 0.1 to 1/],
    [{ maxRssBytes: 512 }, /"maxRssBytes" is 512/],
    [{ maxEventLoopDelayMs: 0 }, /"maxEventLoopDelayMs" is 0/],
    [{ maxQueuedMs: Number.NaN }, /"maxQueuedMs" is NaN/],
    [{ exempt: '/healthz' }, /"exempt" is "\/healthz"; allowed: an array of strings, or a function/],
    [{ exempt: ['healthz'] }, /healthz/],
    [{ priority: 'high' }, /"priority" is "high"/],
    [{ maxEventLoopUtilization: 1 }, /unknown option "maxEventLoopUtilization"/],
  ])('H-155 refuses %j', (options, message) => expect(() => shed(options as never)).toThrow(message))
})
