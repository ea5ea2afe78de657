import { allowMethods, type Ban, type BanOptions, ban, createGateway, EventHub, type Filter, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask, request } from '../../adapters/contract/kit.js'
import { node } from '../../adapters/harness/node.js'
import { drained, eventually, rawOpen } from '../../support/index.js'

/** A ban in front of other filters and a handler, on a server. */
async function guarded(
  options: BanOptions,
  { behind = [] as readonly ((events: EventHub) => Filter)[], status = 200 } = {},
) {
  const events = new EventHub()
  const seen = { handled: 0, settled: 0 }
  events.on('exchange', () => seen.settled++)
  const bans: Ban = ban({ events, ...options })
  const handler = async () => {
    seen.handled++
    return reply(status)
  }
  const filters = [bans, ...behind.map((make) => make(events))]
  const app = await node.listen(createGateway({ events, routes: [{ path: '/**', filters, handler }] }))
  return { app, port: app.port, bans, events, seen, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

describe('bans', () => {
  it('turn a scanner away at its first probe; what it has pipelined behind costs no handler', async () => {
    await using front = await guarded({ rules: [{ count: ['/.env', '/**/wp-login.php'], limit: 1 }] })
    await using connection = await rawOpen(front.port)
    const paths = ['/', '/blog/wp-login.php', '/']
    await connection.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    const text = await connection.waitFor((seen) => seen.split('HTTP/1.1 ').length === 4)
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '403', '403'])
    expect(front.seen.handled).toBe(1)
  })

  it('count what filters behind them deny', async () => {
    const behind = [(events: EventHub) => allowMethods({ methods: ['GET'], events })]
    await using front = await guarded({ rules: [{ count: 'denied', limit: 3 }] }, { behind })
    const statuses: number[] = []
    for (let at = 0; at < 5; at++) statuses.push((await ask(front.port, '/', { method: 'DELETE' })).status)
    expect(statuses).toEqual([405, 405, 405, 403, 403])
    expect(front.bans.list().map(({ key, why }) => [key, why])).toEqual([['127.0.0.1', '3 denials within 60000 ms']])
  })

  it('hold 200 of 250 requests of the tarpit’s places, and leave nothing behind when their clients go', async () => {
    await using front = await guarded({ action: 'tarpit', tarpitMs: 60_000, maxTarpitted: 2_000 })
    front.bans.ban('127.0.0.1', 60_000)
    const rest = drained()
    const connections = await Promise.all(
      Array.from({ length: 250 }, async () => {
        const connection = await rawOpen(front.port)
        await connection.write(request('/'))
        return connection
      }),
    )
    // A tenth of the places are for one client; the others are answered at once.
    await eventually(() => front.bans.held === 200 && front.seen.settled === 50)
    for (const connection of connections) connection.reset()
    await eventually(() => front.bans.held === 0 && front.seen.settled === 250)
    await rest()
    expect(front.seen.handled).toBe(0)
  })
})
