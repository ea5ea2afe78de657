import { describe, expect, it } from 'vitest'
import { kept } from './kit.js'

describe('signs', () => {
  it('tell whether stores answer, once they have told of themselves', async () => {
    using it = kept()
    const up = async (store: string) => (await it.scrape()).value('edgewise_store_up', { store })
    it.hub.emit('store', { store: 'redis', change: 'refused', why: 'x' })
    expect(await up('redis')).toBeUndefined()
    it.hub.emit('store', { store: 'redis', change: 'down', why: 'x' })
    expect(await up('redis')).toBe(0)
    it.hub.emit('store', { store: 'redis', change: 'up', why: 'x' })
    expect(await up('redis')).toBe(1)
  })

  it('tell whether requests are being shed', async () => {
    using it = kept()
    const shedding = async () => (await it.scrape()).value('edgewise_shedding')
    expect(await shedding()).toBe(0)
    it.hub.emit('overload', { change: 'shedding', why: 'x', shed: 1 })
    expect(await shedding()).toBe(1)
    it.hub.emit('overload', { change: 'calm', why: 'x', shed: 9 })
    expect(await shedding()).toBe(0)
  })

  it('H-196 know no more stores than there may be', async () => {
    using it = kept({ maxSeries: 10 })
    for (let at = 0; at < 100; at++) it.hub.emit('store', { store: `s${at}`, change: 'down', why: 'x' })
    it.hub.emit('store', { store: 's1', change: 'up', why: 'x' })
    const { series, value } = await it.scrape()
    expect(series.filter(({ name }) => name === 'edgewise_store_up').length).toBe(10)
    expect(value('edgewise_store_up', { store: 's1' })).toBe(1)
  })
})
