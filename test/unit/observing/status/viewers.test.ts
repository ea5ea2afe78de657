import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { eventsIn, pageOver, reader } from './kit.js'

const EVENTS = '/?format=events'

describe('viewers of the status page', () => {
  it('are told a whole report, then what changed, by one timer that runs while somebody watches', async () => {
    const { ask, clock, pool, page } = pageOver()
    const before = clock.pending
    const [one, two] = [reader((await ask(EVENTS)).body), reader((await ask(EVENTS)).body)]
    expect(clock.pending).toBe(before + 1)
    await clock.advance(1_000)
    pool.setWeight('a', 7)
    await clock.advance(1_000)
    for (const { text } of [one, two]) {
      expect(text.startsWith('retry: 2000\n\n')).toBe(true)
      const [first, , second, ...rest] = eventsIn(text)
      expect([first!.event, first!.data.pools[0].endpoints.length]).toEqual(['status', 2])
      expect([second!.event, second!.data.pools[0].endpoints]).toMatchObject(['change', [{ name: 'a', weight: 7 }]])
      expect(second!.data.changes).toMatchObject([{ kind: 'endpoint', change: 'weight' }])
      expect(rest).toEqual([])
    }
    await page.close()
  })

  it('leave no timer when the last of them has left', async () => {
    const { page, clock } = pageOver()
    const before = clock.pending
    const exchanges = [asked(EVENTS), asked(EVENTS)]
    for (const exchange of exchanges) reader((await page(exchange)).body)
    exchanges[0]!.cancel.abort(new Error('left'))
    expect(clock.pending).toBe(before + 1)
    exchanges[1]!.cancel.abort(new Error('left'))
    expect(clock.pending).toBe(before)
    // Who left before he was answered is no viewer either.
    const gone = asked(EVENTS)
    gone.cancel.abort(new Error('left'))
    expect((await page(gone)).body).toMatchObject({ failure: { message: 'left' } })
    expect(clock.pending).toBe(before)
  })

  it('are no more than maxViewers: the next gets a 503, until one leaves', async () => {
    const { page, ask } = pageOver({ maxViewers: 1 })
    const first = asked(EVENTS)
    await page(first)
    const refused = await ask(EVENTS)
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10'])
    expect((await ask('/?format=json')).status).toBe(200)
    first.cancel.abort(new Error('left'))
    expect((await ask(EVENTS)).status).toBe(200)
    await page.close()
  })

  it('who read too slowly miss what they can’t take, and get a whole report next', async () => {
    const { ask, clock, page } = pageOver()
    const slow = reader((await ask(EVENTS)).body, true)
    await clock.advance(2_000)
    expect(eventsIn(slow.text).map(({ event }) => event)).toEqual(['status'])
    slow.resume()
    await clock.advance(2_000)
    expect(eventsIn(slow.text).map(({ event }) => event)).toEqual(['status', 'status', 'change'])
    await page.close()
  })

  it('who take nothing for ten ticks are dropped, and nothing is kept for them', async () => {
    const { ask, clock, page } = pageOver()
    const before = clock.pending
    const slow = reader((await ask(EVENTS)).body, true)
    const { length } = slow.text
    await clock.advance(9_000)
    expect(slow.error).toBe(null)
    await clock.advance(1_000)
    expect([slow.error?.message, slow.text.length]).toEqual(['a viewer of the status page does not read', length])
    expect(clock.pending).toBe(before)
    await page.close()
  })

  it('are told of the end when a gateway begins to drain, so that it need not wait for them', async () => {
    const { ask, events, clock } = pageOver()
    const viewer = reader((await ask(EVENTS)).body)
    events.emit('gateway', { change: 'reloaded' })
    expect(viewer.ended).toBe(false)
    events.emit('gateway', { change: 'closing' })
    expect([viewer.ended, eventsIn(viewer.text).at(-1)!.event, clock.pending]).toEqual([true, 'end', 1])
  })

  it('get a whole report when a sparkline has another point, and when others are there than before', async () => {
    const { ask, clock, pool, page } = pageOver({ historyMs: 300_000 })
    const viewer = reader((await ask(EVENTS)).body)
    await clock.advance(1_000)
    pool.add({ url: 'http://127.0.0.1:1', name: 'c' })
    await clock.advance(4_000)
    const told = eventsIn(viewer.text)
    expect(told.map(({ event }) => event)).toEqual(['status', 'change', 'status', 'change', 'change', 'status'])
    expect(told[2]!.data.pools[0].endpoints).toHaveLength(3)
    await page.close()
  })
})
