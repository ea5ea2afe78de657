import { createServer } from 'node:http'
import {
  bandwidthLimit,
  createGateway,
  type Filter,
  type Handler,
  ipRules,
  minDataRate,
  originRules,
  refererRules,
  reply,
  uriLimits,
  userAgentRules,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { request } from '../../adapters/contract/kit.js'
import { type App, serve } from '../../adapters/harness/harness.js'
import { raw, rawOpen } from '../../support/index.js'
import { frameworks } from './frameworks.js'

const MIB = 1024 * 1024

/** Lets Node itself take what a server of an application's own might. */
function lenient(app: App): void {
  const server = app.server as { maxHeaderSize?: number; maxHeadersCount: number | null }
  server.maxHeaderSize = 16 * MIB
  server.maxHeadersCount = 0
}

describe.each(frameworks)('100,000 names that a client made up, under $name', (harness) => {
  const listen = async () => {
    const handler: Handler = async ({ target }) => reply(200, String(target.query.length))
    const gateway = createGateway({
      routes: [
        { path: '/limited/:id', filters: [uriLimits({ maxQueryParameters: 1_000 })], handler },
        { path: '/asked/:id', query: { version: '2' }, handler },
        { path: '/**', handler },
      ],
    })
    const app = await harness.listen(gateway)
    lenient(app)
    return app
  }
  // Numbers as strings: the keys whose hashes an attacker can choose (CVE-2026-21717).
  const names = Array.from({ length: 100_000 }, (_, at) => String(at))

  it('H-201 as header fields: 431, closed, before anything is made of them', async () => {
    await using app = await listen()
    const bytes = `GET / HTTP/1.1\r\nHost: a\r\n${names.map((name) => `${name}: 1\r\n`).join('')}\r\n`
    const { text, ended } = await raw(app.port, bytes, { hold: 2_000, timeoutMs: 10_000 })
    expect([text.slice(0, 12), ended === 'open']).toEqual(['HTTP/1.1 431', false])
  })

  it('H-201 as query parameters: 414 where they are limited, else passed on as they are, and no map of them', async () => {
    await using app = await listen()
    const query = `?${names.map((name) => `${name}=1`).join('&')}`
    const got = await Promise.all(
      ['/limited/1', '/asked/1', '/free'].map(async (path) => {
        const { text } = await raw(app.port, request(`${path}${query}`), { hold: 5_000, timeoutMs: 10_000 })
        return `${text.slice(9, 12)} ${text.endsWith(`\r\n\r\n${query.length}`)}`
      }),
    )
    expect(got).toEqual(['414 false', '200 true', '200 true'])
  })
})

describe('what a gateway remembers of its clients', () => {
  it('H-202 is bounded, whatever they put into header names and values, hosts, addresses and paths', async () => {
    const filters: Filter[] = [
      ipRules({ deny: ['2001:db8:ffff::/48'] }),
      originRules({ allow: ['https://*.example.com'] }),
      refererRules({ allow: ['*.example.com'] }),
      userAgentRules({ deny: ['*bot*'] }),
      minDataRate(),
      bandwidthLimit({ bytesPerSecond: MIB, per: 'client', maxClients: 200 }),
    ]
    const gateway = createGateway({
      trustedProxies: ['loopback'],
      filters,
      routes: [{ path: '/:a/:b', handler: async () => reply(200, 'ok') }],
    })
    const listener = toNode(gateway)
    const server = createServer(listener)
    server.maxRequestsPerSocket = 0
    await using app = await serve(server, listener, {}, { errors: [], finished: [] })
    await using client = await rawOpen(app.port, { keep: 0 })
    let asked = 0
    let answered = 0
    client.onBytes((bytes) => {
      answered += bytes.toString('latin1').split('HTTP/1.1 ').length - 1
    })
    const ask = async (count: number): Promise<void> => {
      for (const until = asked + count; asked < until; ) {
        const batch: string[] = []
        for (let at = 0; at < 50; at++) {
          const n = asked++
          batch.push(
            `GET /${n}/x${n}?q${n}=${n} HTTP/1.1\r\nHost: h${n}.example.com:${1 + (n % 60_000)}\r\nX-${n}-${'n'.repeat(30)}: ${n}\r\nAccept: text/x-${n}\r\nAccept-Encoding: x-${n}\r\nAccept-Language: x${n}\r\nUser-Agent: agent ${n}\r\nOrigin: https://o${n}.example.com\r\nReferer: https://r${n}.example.com/${n}\r\nCookie: c${n}=${n}\r\nX-Forwarded-For: 2001:db8:${((n >> 12) & 4095).toString(16)}:${(n & 4095).toString(16)}::1\r\nX-Forwarded-Host: f${n}.example.com\r\n\r\n`,
          )
        }
        await client.write(batch.join(''))
        while (answered < asked) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const heap = (): number => {
      globalThis.gc?.()
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    await ask(5_000)
    const before = heap()
    await ask(15_000)
    expect(heap() - before).toBeLessThan(MIB)
  })
})
