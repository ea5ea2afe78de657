import { EventHub } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { Changes } from '../../../../src/observing/status/changes.js'
import { asked } from '../../asked.js'

describe('Changes', () => {
  it('keeps the latest of each hub it follows, newest first, and no more than its limit', () => {
    const [one, two] = [new EventHub(), new EventHub()]
    const changes = new Changes(
      2,
      () => 5,
      () => {},
    )
    changes.follow(new Set([one, two]))
    one.emit('endpoint', { pool: 'users', endpoint: 'a', change: 'down', why: '3 bad probes' })
    two.emit('ban', { key: '192.0.2.1', change: 'banned', why: 'rule', untilMs: 1, offence: 1 })
    one.emit('store', { store: 'redis', change: 'down', why: 'x'.repeat(1_000) })
    expect(changes.list).toEqual([
      { at: 5, kind: 'store', subject: 'redis', pool: null, change: 'down', why: `${'x'.repeat(300)}...` },
      { at: 5, kind: 'ban', subject: '192.0.2.1', pool: null, change: 'banned', why: 'rule' },
    ])
  })

  it('tells what operators did, and that processes, pools, gateways, certificates, keys and configurations changed', () => {
    const hub = new EventHub()
    const told: string[] = []
    const changes = new Changes(
      20,
      () => 5,
      ({ kind }) => told.push(kind),
    )
    changes.follow(new Set([hub]))
    hub.emit('admin', {
      exchange: asked('/'),
      who: 'ada',
      action: 'drain',
      subject: 'users a',
      input: {},
      result: 'done',
    })
    hub.emit('admin', { exchange: asked('/'), who: null, action: 'reload', subject: '', input: {}, result: 'failed' })
    hub.emit('pool', { pool: 'users', change: 'panic', why: 'too few' })
    hub.emit('overload', { change: 'shedding', why: 'loop', shed: 0 })
    hub.emit('gateway', { change: 'reloaded' })
    hub.emit('certificate', { names: ['a.test', 'b.test'], change: 'kept', why: 'no such file' })
    hub.emit('keys', { source: 'https://id.test', change: 'stale', why: 'timeout' })
    hub.emit('configuration', { source: 'edge.yaml', change: 'kept', why: 'edge.yaml:3:5 routes[0]: a path' })
    hub.emit('shutdown', { change: 'begun', reason: 'SIGTERM', report: null })
    expect(told.join()).toBe('admin,admin,pool,overload,gateway,certificate,keys,configuration,shutdown')
    expect(changes.list.slice(0, 2)).toMatchObject([
      { subject: 'shutdown', change: 'begun', why: 'SIGTERM' },
      { subject: 'edge.yaml', change: 'kept', why: 'edge.yaml:3:5 routes[0]: a path' },
    ])
    expect(changes.list.at(-1)).toMatchObject({ subject: 'users a', change: 'drain: done', why: 'by ada' })
  })

  it('stops listening to hubs that are gone', () => {
    const [one, two] = [new EventHub(), new EventHub()]
    const changes = new Changes(
      2,
      () => 5,
      () => {},
    )
    changes.follow(new Set([one, two]))
    changes.follow(new Set([two]))
    expect([one.has('endpoint'), two.has('endpoint')]).toEqual([false, true])
  })
})
