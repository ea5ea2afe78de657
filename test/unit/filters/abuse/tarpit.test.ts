import { type Ban, type BanOptions, ban, EventHub, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../support/index.js'
import { type Asked, asked } from '../../asked.js'

async function pit(options: BanOptions = {}) {
  const clock = fakeClock()
  const events = new EventHub()
  const bans = ban({ action: 'tarpit', tarpitMs: 5_000, clock, events, ...options })
  await bans.start!()
  return { bans, clock, events }
}

/** A banned client's request, and the status it got, 0 until then. */
function trapped(bans: Ban, address: string, odd: Asked = {}) {
  bans.ban(address, 60_000)
  const exchange = asked('/', { ...odd, client: { address, ...odd.client } })
  const visit = { exchange, status: 0 }
  bans(exchange, async () => reply(200)).then((answer) => {
    visit.status = answer.status
  })
  return visit
}

describe('a tarpit', () => {
  it('holds a reply for its time, with one timer', async () => {
    const { bans, clock } = await pit()
    const visit = trapped(bans, '192.0.2.1')
    await clock.advance(4_999)
    expect([visit.status, bans.held, clock.pending]).toEqual([0, 1, 1])
    await clock.advance(1)
    expect([visit.status, bans.held, clock.pending]).toEqual([403, 0, 0])
  })

  it('lets go of a client that leaves', async () => {
    const { bans, clock } = await pit()
    const { exchange } = trapped(bans, '192.0.2.1')
    exchange.cancel.abort(new Error('left'))
    expect([bans.held, clock.pending]).toEqual([0, 0])
  })

  it('holds so many, a tenth of them of one client, and answers the rest at once', async () => {
    const { bans, clock } = await pit({ maxTarpitted: 20 })
    const mine = Array.from({ length: 5 }, () => trapped(bans, '192.0.2.1'))
    const others = Array.from({ length: 25 }, (_, at) => trapped(bans, `198.51.100.${at}`))
    await clock.advance(0)
    expect(mine.map(({ status }) => status)).toEqual([0, 0, 403, 403, 403])
    expect([others.filter(({ status }) => status === 0).length, bans.held]).toEqual([18, 20])
    await clock.advance(5_000)
    expect(bans.held).toBe(0)
    const again = trapped(bans, '192.0.2.1')
    await clock.advance(0)
    expect(again.status).toBe(0)
  })

  it.each(['closing gateway', 'closed filter'])('lets all go for a %s', async (what) => {
    const { bans, clock, events } = await pit()
    const visit = trapped(bans, '192.0.2.1')
    if (what === 'closing gateway') events.emit('gateway', { change: 'closing' })
    else await bans.close!()
    await clock.advance(0)
    expect([visit.status, bans.held, clock.pending]).toEqual([403, 0, 0])
  })

  it('stays open while one of two gateways that share it is', async () => {
    const { bans, clock, events } = await pit()
    await bans.start!()
    await bans.close!()
    const visit = trapped(bans, '192.0.2.1')
    await clock.advance(0)
    expect([visit.status, events.has('gateway')]).toEqual([0, true])
    await bans.close!()
    expect(events.has('gateway')).toBe(false)
  })
})
