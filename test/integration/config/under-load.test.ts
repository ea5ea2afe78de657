import { request as httpRequest } from 'node:http'
import { EventHub } from 'edgewise'
import { type EdgeConfig, gatewayFromConfig } from 'edgewise/config'
import { Pool } from 'undici'
import { describe, expect, it } from 'vitest'
import { drained, eventually, flat, nextMessage, upstream, wsConnect, wsEcho } from '../../support/index.js'
import { ask } from '../client.js'
import { served } from './served.js'

const RELOADS = 100

/** Answers with the number of bytes that were sent. */
const counting = (name: string): ReturnType<typeof upstream> =>
  upstream(
    (request, response) => {
      let length = 0
      request.on('data', (part: Buffer) => {
        length += part.length
      })
      request.on('end', () => response.end(String(length)))
    },
    { name, record: false },
  )

interface Urls {
  readonly far: readonly string[]
  readonly echo: string
}

/** A document of which much is otherwise each time: routes, their order, a pool's endpoints, a pool's kind, filters. */
function configOf(turn: number, { far, echo }: Urls): EdgeConfig {
  const [a, b, c] = far as [string, string, string]
  const routes: EdgeConfig['routes'] = [
    { path: '/steady/**', filters: [{ rateLimit: { limit: 100_000_000 } }], forward: 'steady' },
    { path: '/shifting/**', forward: { pool: 'shifting', retry: { attempts: 2 + (turn % 2) } } },
    { path: '/fresh/**', filters: turn % 3 === 0 ? ['requestId'] : [], forward: 'fresh' },
    { path: '/ws', forward: 'echo' },
    { path: `/only/${turn}`, respond: { body: String(turn) } },
  ]
  return {
    trustedProxies: turn % 2 === 0 ? ['10.0.0.0/8'] : [],
    pools: {
      steady: { endpoints: [a, b, c], health: { active: { intervalMs: 200 } } },
      shifting: { endpoints: turn % 2 === 0 ? [a, b] : [{ url: b, weight: 1 + (turn % 7) }, c] },
      fresh: { endpoints: [a, c], spillOver: 1 + (turn % 50) / 50 },
      echo: { endpoints: [echo] },
    },
    filters: turn % 4 === 0 ? [{ requestHeaders: { set: { 'x-turn': String(turn) } } }] : [],
    routes: turn % 2 === 0 ? routes : routes.toReversed(),
  }
}

const PATHS = ['/steady/1', '/shifting/1', '/fresh/1']

describe(`${RELOADS} reloads under load`, () => {
  it('fail no request, keep what is known of pools that did not change, and hold no memory', async () => {
    const events = new EventHub()
    const gone = drained({ timeoutMs: 10_000, emitters: { process } })
    {
      await using a = await counting('a')
      await using b = await counting('b')
      await using c = await counting('c')
      await using echo = await wsEcho()
      const urls = { far: [a.url, b.url, c.url], echo: echo.url.replace('ws:', 'http:') }
      await using edge = await served(await gatewayFromConfig(configOf(0, urls), { events }))
      const results: Record<string, number> = {}
      const note = (what: string): void => {
        results[what] = (results[what] ?? 0) + 1
      }
      let over = false
      const client = new Pool(`http://127.0.0.1:${edge.port}`, { connections: 12, pipelining: 1 })
      const body = Buffer.alloc(70_000, 'x')
      const worker = async (at: number): Promise<void> => {
        for (let turn = at; !over; turn++) {
          const posts = turn % 3 === 1
          const path = PATHS[turn % PATHS.length]!
          const reply = await client
            .request({ path, method: posts ? 'POST' : 'GET', ...(posts ? { body } : {}) })
            .then(async (answer) => `${answer.statusCode} ${await answer.body.text()}`)
            .catch((error) => String(error))
          note(reply === `200 ${posts ? body.length : 0}` ? 'ok' : reply)
        }
      }
      /** An upload in pieces, over several reloads. */
      const uploader = async (): Promise<void> => {
        while (!over) {
          const status = await new Promise<string>((resolve) => {
            const options = {
              host: '127.0.0.1',
              port: edge.port,
              path: '/shifting/up',
              method: 'POST',
              agent: false as const,
            }
            const upload = httpRequest(options, (response) => {
              response
                .resume()
                .on('end', () => resolve(response.statusCode === 200 ? 'uploaded' : `upload ${response.statusCode}`))
            })
            upload.on('error', (error) => resolve(`upload ${error.message}`))
            let left = 8
            const write = (): void => {
              if (left-- === 0) upload.end()
              else upload.write('piece', () => setTimeout(write, 15))
            }
            write()
          })
          note(status)
        }
      }
      const talker = async (): Promise<void> => {
        const socket = await wsConnect(`ws://127.0.0.1:${edge.port}/ws`)
        for (let turn = 0; !over; turn++) {
          socket.send(String(turn))
          const heard = await nextMessage(socket, 10_000).catch((error) => String(error))
          note(heard === String(turn) ? 'message' : `message ${heard}`)
        }
        socket.terminate()
      }
      const steady = edge.gateway.pools.get('steady')!
      const shifting = edge.gateway.pools.get('shifting')!
      steady.maintenance(steady.endpoints[2]!.name)
      const attempts: number[] = []
      const reloads = async (): Promise<void> => {
        for (let turn = 1; turn <= RELOADS; turn++) {
          await edge.gateway.reload(configOf(turn, urls))
          expect(Number((await ask(edge.port, `/only/${turn}`)).body)).toBe(turn)
          attempts.push(steady.endpoints[0]!.attempts)
          await new Promise((resolve) => setTimeout(resolve, 30))
        }
        over = true
      }
      const work = (): Promise<unknown> =>
        Promise.all([reloads(), uploader(), talker(), talker(), ...Array.from({ length: 12 }, (_, at) => worker(at))])
      await flat(work, { intervalMs: 1_500 })
      await client.close()
      expect(Object.keys(results).toSorted()).toEqual(['message', 'ok', 'uploaded'])
      expect(results['ok']).toBeGreaterThan(500)
      expect([edge.gateway.pools.get('steady'), edge.gateway.pools.get('shifting')]).toEqual([steady, shifting])
      expect(steady.endpoints.map(({ state }) => state)).toEqual(['up', 'up', 'maintenance'])
      expect(attempts.every((count, at) => at === 0 || count >= attempts[at - 1]!)).toBe(true)
      expect(shifting.endpoints.map(({ name }) => name).toSorted()).toEqual([a.url, b.url].toSorted())
      await eventually(() => edge.gateway.traffic.requests === 0)
    }
    await gone()
  }, 120_000)
})

describe('a reload with 200 slow requests in flight', () => {
  it('lets them end at the old pool, which closes behind the last', async () => {
    const gate = Promise.withResolvers<void>()
    await using old = await upstream(async (_request, response) => {
      await gate.promise
      response.end('old')
    })
    await using fresh = await upstream((_request, response) => void response.end('new'))
    const configTo = (url: string): EdgeConfig => ({
      // Another kind of pool, so that it is made anew rather than given other endpoints.
      pools: { users: { endpoints: [url], maxConnections: url === old.url ? 300 : 301 } },
      routes: [{ path: '/**', forward: 'users' }],
    })
    await using edge = await served(await gatewayFromConfig(configTo(old.url)))
    const before = edge.gateway.pools.get('users')!
    const answers = Promise.all(Array.from({ length: 200 }, () => ask(edge.port)))
    await eventually(() => old.hits === 200, { timeoutMs: 10_000 })
    await edge.gateway.reload(configTo(fresh.url))
    expect(edge.gateway.pools.get('users')).not.toBe(before)
    expect((await ask(edge.port)).body).toBe('new')
    expect(before.endpoints[0]!.inFlight).toBe(200)
    gate.resolve()
    expect(new Set((await answers).map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 old']))
    await eventually(() => old.connections === 0)
    expect(() => before.acquire(undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_CLOSING' }))
  }, 30_000)
})
