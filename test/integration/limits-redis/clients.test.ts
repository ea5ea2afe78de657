import { createLimiter, type Limiter } from 'edgewise'
import { redisConnection, redisLimitStore } from 'edgewise/redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { installed } from '../../support/index.js'
import { CLIENTS, type OpenClient } from '../stores/redis-clients.js'
import { type RedisCluster, type RedisServer, redisCluster, redisServer } from '../stores/redis-server.js'
import { RULES } from './rules.js'

describe.skipIf(!installed('redis-server'))('limits in Redis', () => {
  let server: RedisServer
  let cluster: RedisCluster
  beforeAll(async () => {
    server = await redisServer()
    cluster = await redisCluster()
  }, 30_000)
  afterAll(async () => {
    await server?.close()
    await cluster?.close()
  })
  const open: (() => void)[] = []
  afterEach(() => {
    for (const close of open.splice(0)) close()
  })

  function limiters({ client, close }: OpenClient): readonly Limiter[] {
    const connection = redisConnection(client, { timeoutMs: 5_000 })
    open.push(() => {
      connection.close()
      close()
    })
    const store = redisLimitStore(connection)
    return RULES.map(({ what, options }) => createLimiter({ ...options, name: what, store, onStoreError: 'closed' }))
  }

  const shapes = CLIENTS.flatMap(({ name, alone, cluster: ofCluster }) => [
    { where: `${name}, alone`, make: () => alone(server.port) },
    { where: `${name}, of a cluster`, make: () => ofCluster(cluster.ports) },
  ])

  it.each(shapes)(
    'H-143 admit exactly what they may to fifty at once over two clients: $where',
    async ({ where, make }) => {
      const [ones, twos] = [limiters(make()), limiters(make())]
      for (const [at, one] of ones.entries()) {
        const pair = [one, twos[at]!]
        const keys = Array.from({ length: 12 }, (_, index) => `${where} {${index}} x`)
        const took = await Promise.all(
          keys.map((key) => Promise.all(Array.from({ length: 50 }, (_, index) => pair[index % 2]!.take(key)))),
        )
        for (const each of took) expect(each.filter(({ allowed }) => allowed)).toHaveLength(one.rule.burst)
        for (const key of keys) {
          expect(await one.take(key)).toMatchObject({ allowed: false, remaining: 0 })
          await one.give(key, 3)
          expect(await pair[1]!.peek(key, 3)).toMatchObject({ allowed: true, remaining: 0 })
          await pair[1]!.reset(key)
          expect(await one.take(key, one.rule.burst)).toMatchObject({ allowed: true, remaining: 0 })
          await one.reset(key)
        }
      }
    },
  )

  it('of a cluster live on all its nodes, and each has an end', async () => {
    const [limiter] = limiters(CLIENTS[0]!.cluster(cluster.ports))
    await Promise.all(Array.from({ length: 100 }, (_, at) => limiter!.take(`k${at}`)))
    for (const node of cluster.nodes) {
      const keys = (await node.cli('keys', 'ew:*')).split('\n')
      expect(keys.length).toBeGreaterThan(10)
      for (const key of keys) expect(Number(await node.cli('pttl', key))).toBeGreaterThan(0)
    }
  })
})
