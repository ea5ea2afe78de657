import type { LookupAddress } from 'node:dns'
import http from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { http1, httpProxy, undici } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream } from '../support/index.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

/** A resolver whose records can be changed, and that counts. */
function resolver(...first: readonly LookupAddress[]) {
  const state = { records: first, asked: 0 }
  const lookup = ((_name: string, _options: object, callback: (...found: unknown[]) => void) => {
    state.asked++
    // Slow enough for everybody to ask meanwhile.
    setTimeout(() => {
      if (state.records.length > 0) callback(null, state.records)
      else callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }))
    }, 20)
  }) as unknown as LookupFunction
  return Object.assign(state, { lookup })
}

const V4 = { address: '127.0.0.1', family: 4 }

/** A second machine behind the same name: the same port on another loopback address. */
async function otherMachine(port: number) {
  const server = http.createServer((_req, res) => res.setHeader('x-upstream', 'second').end('ok'))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.2', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.each(transports)('an endpoint by name, over %s', (_name, make) => {
  it('H-099 is reached by its A record where its AAAA refuses', async () => {
    await using far = await upstream()
    const names = resolver({ address: '::1', family: 6 }, V4)
    await using front = await gatewayOver(make(), [`http://app.test:${far.port}`], { pool: { lookup: names.lookup } })
    for (let at = 0; at < 3; at++) expect((await ask(front.port)).status).toBe(200)
  })

  it('H-099 is resolved once for many connections at once, and not again within the TTL', async () => {
    await using far = await upstream()
    const names = resolver(V4)
    await using front = await gatewayOver(make(), [`http://app.test:${far.port}`], { pool: { lookup: names.lookup } })
    await Promise.all(Array.from({ length: 20 }, () => ask(front.port)))
    expect(far.accepted).toBeGreaterThan(1)
    expect(names.asked).toBe(1)
  })

  it('H-099 serves on when the name is gone for a while, and fails over when it never was', async () => {
    await using far = await upstream()
    const names = resolver(V4)
    await using front = await gatewayOver(make(), [`http://app.test:${far.port}`], {
      pool: { lookup: names.lookup, dnsTtlMs: 0, health: { passive: false } },
    })
    expect((await ask(front.port)).status).toBe(200)
    names.records = []
    await far.stop()
    await far.restart()
    expect((await ask(front.port, '/', { method: 'POST' })).status).toBe(200)
    expect(names.asked).toBe(2)
    front.pool.add(`http://never.test:${far.port}`)
    for (let at = 0; at < 4; at++) expect((await ask(front.port)).status).toBe(200)
    expect(front.attempts.some(({ error }) => error?.code === 'ERR_EDGE_CONNECT')).toBe(true)
  })
})

describe.each([
  ['http1', () => http1({ maxConnectionAgeMs: 60 })],
  ['undici', () => undici({ maxConnectionAgeMs: 60 })],
  ['http-proxy', () => httpProxy({ maxConnectionAgeMs: 60 })],
])('an endpoint whose record changes, over %s', (_name, make) => {
  it('H-099 is followed once its kept connections are of age, though they are in use all the time', async () => {
    await using far = await upstream(undefined, { name: 'first' })
    await using other = await otherMachine(far.port)
    const names = resolver(V4)
    await using front = await gatewayOver(make(), [`http://app.test:${other.port}`], {
      pool: { lookup: names.lookup, dnsTtlMs: 0 },
    })
    const from = async (): Promise<unknown> => (await ask(front.port)).headers['x-upstream']
    expect([await from(), await from()]).toEqual(['first', 'first'])
    const accepted = far.accepted
    names.records = [{ address: '127.0.0.2', family: 4 }]
    const changed = performance.now()
    let now: unknown
    do now = await from()
    while (now === 'first' && performance.now() - changed < 2_000)
    expect(now).toBe('second')
    // Up to then nothing was opened anew.
    expect(far.accepted).toBe(accepted)
  })
})
