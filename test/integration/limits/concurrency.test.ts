import { concurrencyLimit } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { request } from '../../adapters/contract/kit.js'
import { eventually, rawOpen, seededRandom, upstream } from '../../support/index.js'
import { gatewayOver, transports } from '../front.js'

describe.each(transports)('a concurrency limit in front of %s', (_name, transport) => {
  it('H-146 H-110 is at zero after hundreds of requests that ended in all ways, at once', async () => {
    const random = seededRandom(5)
    await using far = await upstream((incoming, response) => {
      const { pathname } = new URL(incoming.url!, 'http://far')
      if (pathname === '/reset') incoming.socket.destroy()
      else if (pathname === '/cut') response.write('half', () => incoming.socket.destroy())
      else if (pathname === '/slow') response.write('begun')
      else response.end('done')
    })
    const turns = concurrencyLimit({ limit: 8, queue: { max: 8, maxWaitMs: 20 } })
    await using front = await gatewayOver(transport(), [far.url], {
      gateway: { filters: [turns] },
      forward: { retry: false } as never,
    })
    const paths = ['/', '/reset', '/cut', '/slow']
    const connections = await Promise.all(
      Array.from({ length: 300 }, async (_, at) => {
        const connection = await rawOpen(front.port)
        const path = paths[Math.floor(random() * paths.length)]!
        const method = at % 10 === 0 ? 'HEAD' : 'GET'
        await connection.write(request(path, { method }))
        if (random() < 0.3) connection.reset()
        return connection
      }),
    )
    await eventually(() => turns.waiting === 0, { timeoutMs: 10_000 })
    for (const connection of connections) connection.destroy()
    await eventually(() => turns.active === 0, { timeoutMs: 10_000 })
    await front.atRest()
    expect([turns.active, turns.waiting]).toEqual([0, 0])
  })
})
