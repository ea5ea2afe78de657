import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventHub } from 'edgewise'
import { describe, expect, it } from 'vitest'

describe('EventHub', () => {
  it('tells listeners in order, at once, until they unsubscribe', () => {
    const hub = new EventHub()
    const told: string[] = []
    const off = hub.on('gateway', ({ change }) => told.push(`a ${change}`))
    hub.on('gateway', ({ change }) => told.push(`b ${change}`))
    hub.emit('gateway', { change: 'closing' })
    off()
    off()
    hub.emit('gateway', { change: 'closed' })
    expect(told).toEqual(['a closing', 'b closing', 'b closed'])
  })

  it('knows whether anybody listens', () => {
    const hub = new EventHub()
    expect(hub.has('gateway')).toBe(false)
    const off = hub.on('gateway', () => {})
    expect([hub.has('gateway'), hub.has('fault')]).toEqual([true, false])
    off()
    expect(hub.has('gateway')).toBe(false)
  })

  it('every hub is heard on the channel of an event’s name, and costs nothing there while nobody subscribes', () => {
    const hub = new EventHub()
    const told: unknown[] = []
    const hear = (event: unknown, channel: string | symbol): void => void told.push([channel, event])
    expect(hub.has('gateway')).toBe(false)
    subscribe('edgewise:gateway', hear)
    expect(hub.has('gateway')).toBe(true)
    hub.on('gateway', ({ change }) => told.push(change))
    hub.emit('gateway', { change: 'closing' })
    unsubscribe('edgewise:gateway', hear)
    hub.emit('gateway', { change: 'closed' })
    expect(told).toEqual([['edgewise:gateway', { change: 'closing' }], 'closing', 'closed'])
  })

  it('a listener that throws disturbs nobody and is told as a fault', () => {
    const hub = new EventHub()
    const error = new Error('mine')
    const told: unknown[] = []
    hub.on('gateway', () => {
      throw error
    })
    hub.on('gateway', () => told.push('second'))
    hub.on('fault', (fault) => told.push(fault))
    hub.emit('gateway', { change: 'closed' })
    expect(told).toEqual([{ where: 'listener of "gateway"', error }, 'second'])
  })

  it('a fault listener that throws is the end of it', () => {
    const hub = new EventHub()
    hub.on('fault', () => {
      throw new Error('again')
    })
    expect(() => hub.emit('fault', { where: 'x', error: null })).not.toThrow()
  })

  it('who subscribes or leaves while an event is told changes the next one only', () => {
    const hub = new EventHub()
    const told: string[] = []
    const off = hub.on('gateway', () => {
      told.push('first')
      off()
      hub.on('gateway', () => told.push('new'))
    })
    hub.on('gateway', () => told.push('second'))
    hub.emit('gateway', { change: 'closing' })
    expect(told).toEqual(['first', 'second'])
    hub.emit('gateway', { change: 'closed' })
    expect(told.slice(2)).toEqual(['second', 'new'])
  })
})
