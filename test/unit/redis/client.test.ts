import { EdgeError } from 'edgewise'
import { type RedisClientLike, redisConnection } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { describe, expect, it } from 'vitest'
import { toNode } from '../../../src/redis/client.js'

describe('a client', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a URL', 'redis://127.0.0.1'],
    ['an object', {}],
    ['a client of another kind', { get: () => {}, on: () => {} }],
    ['a sentinel of node-redis', createSentinel({ name: 'x', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] })],
  ])('is refused if it is %s, and what would do is named', (_what, client) => {
    const make = (): unknown => redisConnection(client as unknown as RedisClientLike)
    expect(make).toThrow(EdgeError)
    expect(make).toThrow(/^redisConnection: option "client" is .*ioredis.*iovalkey.*node-redis/)
  })

  it.each([{ keyPrefix: 'app:' }, { redisOptions: { keyPrefix: 'app:' } }])(
    'is refused with a prefix of its own, which SCAN would not know: %j',
    (options) => {
      const client = { callBuffer: async () => null, on: () => {}, options }
      expect(() => redisConnection(client)).toThrow('give it to redisConnection instead')
    },
  )

  it('of ioredis with the same option is refused, too, and one without is not', () => {
    const options = { lazyConnect: true }
    expect(() => redisConnection(new Redis({ ...options, keyPrefix: 'app:' }))).toThrow('keyPrefix')
    const client = new Redis(options)
    redisConnection(client).close()
    client.disconnect()
  })

  it('is spoken to in its own way, and asked for bytes', async () => {
    const sent: unknown[] = []
    const answer = (...args: unknown[]): Promise<null> => {
      sent.push(args)
      return Promise.resolve(null)
    }
    const on = (): void => {}
    const plain = toNode({ on, callBuffer: answer }, 'test')
    await plain.send(['GET', 'k'], 'k')
    const node = toNode({ on, sendCommand: answer }, 'test')
    await node.send(['GET', 'k'], 'k')
    const cluster = toNode(
      { on, sendCommand: answer, nodeClient: async () => ({ sendCommand: answer }), masters: [1, 2] },
      'test',
    )
    await cluster.send(['GET', 'k'], 'k')
    const bytes = { typeMapping: { 36: Buffer } }
    expect(sent).toEqual([
      ['GET', 'k'],
      [['GET', 'k'], bytes],
      ['k', false, ['GET', 'k'], bytes],
    ])
    expect(await plain.masters()).toEqual([plain])
    expect(await node.masters()).toEqual([node])
    expect(await cluster.masters()).toHaveLength(2)
  })

  it('tells whether keys live on several nodes', () => {
    const on = (): void => {}
    const call = async (): Promise<null> => null
    const isCluster = (client: object): boolean => toNode({ on, ...client }, 'test').cluster
    expect(isCluster({ callBuffer: call })).toBe(false)
    expect(isCluster({ callBuffer: call, isCluster: true })).toBe(true)
    expect(isCluster({ sendCommand: call })).toBe(false)
    expect(isCluster({ sendCommand: call, nodeClient: call })).toBe(true)
  })

  it('tells whether it has a connection, if it tells at all', () => {
    const on = (): void => {}
    const call = async (): Promise<null> => null
    const ready = (client: object): boolean => toNode({ on, ...client }, 'test').ready()
    expect(ready({ callBuffer: call, status: 'ready' })).toBe(true)
    expect(ready({ callBuffer: call, status: 'reconnecting' })).toBe(false)
    expect(ready({ callBuffer: call })).toBe(true)
    expect(ready({ sendCommand: call, isReady: true })).toBe(true)
    expect(ready({ sendCommand: call, isReady: false })).toBe(false)
    expect(ready({ sendCommand: call })).toBe(true)
    expect(ready({ sendCommand: call, nodeClient: call })).toBe(true)
  })
})
