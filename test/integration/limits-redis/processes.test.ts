import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, child, installed, parseReplies, raw, sourceLoader } from '../../support/index.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'

const LIMIT = 40
const CLIENTS = 50
const EACH = 3

describe.skipIf(!installed('redis-server'))('limits of several processes', () => {
  let server: RedisServer
  const gateways: Child[] = []
  beforeAll(async () => {
    server = await redisServer()
    // A limit of each kind, on a path of its own.
    const code = `
      import { createServer } from 'node:http'
      import { Redis } from 'ioredis'
      import { createGateway, emptyReply, rateLimit } from 'edgewise'
      import { redisConnection, redisLimitStore } from 'edgewise/redis'
      import { toNode } from 'edgewise/node'

      const client = new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS) })
      const store = redisLimitStore(redisConnection(client, { timeoutMs: 5_000 }))
      const kinds = {
        'fixed-window': { windowMs: 3_600_000 },
        'sliding-window': { windowMs: 3_600_000 },
        'sliding-log': { windowMs: 3_600_000 },
        'token-bucket': { windowMs: 86_400_000 * 20 },
        gcra: { windowMs: 86_400_000 * 20 },
        month: { period: 'month' },
      }
      const routes = Object.entries(kinds).map(([kind, rule]) => ({
        path: '/' + kind,
        filters: [
          rateLimit({
            limits: [{
              name: kind,
              limit: ${LIMIT},
              keyGenerator: 'all',
              ...(kind === 'month' ? {} : { algorithm: kind }),
              ...rule,
            }],
            store,
            onStoreError: 'closed',
          }),
        ],
        handler: async () => emptyReply(204),
      }))
      const server = createServer(toNode(createGateway({ routes })))
      server.listen(0, '127.0.0.1', () => console.log('READY ' + server.address().port))
    `
    const options = { imports: [sourceLoader], env: { REDIS: String(server.port) }, readyTimeoutMs: 30_000 }
    gateways.push(...(await Promise.all([1, 2, 3, 4].map(() => child({ code }, options)))))
  }, 40_000)
  afterAll(async () => {
    for (const gateway of gateways) await gateway.stop()
    await server?.close()
  })

  it.each(['fixed-window', 'sliding-window', 'sliding-log', 'token-bucket', 'gcra', 'month'])(
    'H-143 fifty clients in parallel, of four processes, get exactly as much as %s admits, though scripts are flushed',
    async (kind) => {
      const bytes = `GET /${kind} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(EACH - 1)
      const last = `GET /${kind} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
      const ask = async (at: number): Promise<number[]> => {
        if (at % 10 === 5) await server.cli('script', 'flush', 'sync')
        const { bytes: got } = await raw(gateways[at % 4]!.port, bytes + last, { hold: 5_000 })
        return parseReplies(got, { methods: Array(EACH).fill('GET'), closed: true }).map(({ status }) => status)
      }
      const statuses = (await Promise.all(Array.from({ length: CLIENTS }, (_, at) => ask(at)))).flat()
      expect(statuses).toHaveLength(CLIENTS * EACH)
      expect(statuses.filter((status) => status === 204)).toHaveLength(LIMIT)
      expect(statuses.filter((status) => status === 429)).toHaveLength(CLIENTS * EACH - LIMIT)
      for (const key of (await server.cli('keys', '*')).split('\n'))
        expect(Number(await server.cli('pttl', key))).toBeGreaterThan(0)
      for (const gateway of gateways) await gateway.healthy()
    },
  )
})
