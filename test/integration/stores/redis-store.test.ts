import { redisConnection, redisStore } from 'edgewise/redis'
import { afterAll, beforeAll, describe } from 'vitest'
import { installed } from '../../support/index.js'
import { CLIENTS, type OpenClient } from './redis-clients.js'
import { type RedisCluster, type RedisServer, redisCluster, redisServer } from './redis-server.js'
import { type StoreHarness, storeContract } from './store-contract.js'

function harness({ client, close }: OpenClient, kind: string): StoreHarness {
  // Patient: what is promised here is what comes back, not when.
  const connection = redisConnection(client, { timeoutMs: 5_000 })
  let made = 0
  return {
    make: () => redisStore(connection, { name: `${kind} ${++made}`, maxVariants: 4 }),
    async close() {
      connection.close()
      close()
    },
  }
}

describe.skipIf(!installed('redis-server'))('over a real Redis', () => {
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

  for (const { name, alone, cluster: ofCluster } of CLIENTS) {
    storeContract(`in Redis over ${name}`, () => harness(alone(server.port), name))
    storeContract(`in a cluster of three over ${name}`, () => harness(ofCluster(cluster.ports), name))
  }
})
