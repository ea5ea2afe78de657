import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createGateway, type KeyGenerator, rateLimit, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { ask, request } from '../../adapters/contract/kit.js'
import { upstream } from '../../support/index.js'
import { served } from '../config/served.js'
import { type Front, gatewayOver, transports } from '../front.js'

/** A gateway behind a proxy that it trusts, with a limit of two in front of its upstream. */
async function limited(keyGenerator: KeyGenerator, make = transports[0]![1]): Promise<Front> {
  const far = await upstream((_request, response) => response.end('through'))
  const filters = [rateLimit({ limit: 2, windowMs: 3_600_000, algorithm: 'fixed-window', keyGenerator })]
  const front = await gatewayOver(make(), [far.url], { gateway: { filters, trustedProxies: ['127.0.0.1'] } })
  return {
    ...front,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await far[Symbol.asyncDispose]()
    },
  }
}

async function statuses(port: number, fields: readonly string[], path = '/'): Promise<number[]> {
  const all = []
  for (const field of fields) all.push((await ask(port, path, { fields: `${field}\r\n` })).status)
  return all
}

const from = (address: string): string => `X-Forwarded-For: ${address}`

describe.each(transports)('limits that clients try to slip, over %s', (_name, make) => {
  it('H-138 a hundred addresses of one /64 are one client', async () => {
    await using front = await limited('address', make)
    const addresses = Array.from({ length: 100 }, (_, at) => from(`2001:db8:0:2a:${at.toString(16)}::1`))
    const [first, second, ...rest] = await statuses(front.port, addresses)
    expect([first, second, new Set(rest)]).toEqual([200, 200, new Set([429])])
    expect(await statuses(front.port, [from('2001:db8:1:2a::1')])).toEqual([200])
  })

  it('H-139 an IPv4 address is one client however it is mapped, and no two are one', async () => {
    await using front = await limited('address', make)
    const spelled = ['::ffff:203.0.113.7', '::ffff:cb00:7107', '203.0.113.7', '[0:0:0:0:0:FFFF:cb00:7107]:4711']
    expect(await statuses(front.port, spelled.map(from))).toEqual([200, 200, 429, 429])
    const others = Array.from({ length: 20 }, (_, at) => from(`::ffff:203.0.113.${at + 20}`))
    expect(new Set(await statuses(front.port, others))).toEqual(new Set([200]))
    expect(await statuses(front.port, [from('2001:db8::203.0.113.7')])).toEqual([200])
  })

  it('H-148 a key that is new each time, and that nobody verified, is the limit of its address', async () => {
    await using front = await limited({ header: 'X-Api-Key' }, make)
    const keys = Array.from({ length: 10 }, (_, at) => `${from('203.0.113.7')}\r\nX-Api-Key: random-${at}`)
    expect(await statuses(front.port, keys)).toEqual([200, 200, ...Array(8).fill(429)])
  })
})

const answering = [{ path: '/**', handler: async () => reply(200) }]

describe('the keys of a limit', () => {
  it('H-048 of several parts cannot be spelled to look like those of another', async () => {
    await using front = await limited([
      { header: 'X-A', trusted: true },
      { header: 'X-B', trusted: true },
    ])
    const pairs = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['a b', 'c'],
      ['a', 'b c'],
      ['a:b', 'c'],
      ['1:a', 'c'],
      ['a 1:b', 'c'],
      ['a', 'b 1:c'],
      ['a header:x-b:b', 'c'],
      ['a', 'b header:x-b:c'],
    ]
    const fields = pairs.map(([a, b]) => `X-A: ${a}\r\nX-B: ${b}`)
    expect(await statuses(front.port, [...fields, ...fields])).toEqual(Array(20).fill(200))
    expect(await statuses(front.port, fields)).toEqual(Array(10).fill(429))
  })

  it.each([
    ['H-149 spellings that the edge reads', ['/login', '//login', '/LOGIN', '/%6cogin', '/login/', '/login?x'], {}],
    ['H-149 spellings with parameters, where they are kept', ['/login', '/login;x', '/LOGIN;y=1/'], { keep: true }],
  ])('%s are one', async (_what, paths, { keep }: { keep?: boolean }) => {
    const filters = [rateLimit({ limit: 2, windowMs: 3_600_000, keyGenerator: 'path' })]
    const pathParameters = keep ? 'keep' : 'reject'
    await using front = await served(createGateway({ filters, routes: answering, pathParameters }))
    const all = []
    for (const path of paths) all.push((await ask(front.port, path)).status)
    expect(all).toEqual([200, 200, ...Array(paths.length - 2).fill(429)])
  })
})

describe('clients on a Unix socket, which have no address', () => {
  it.each([
    ['shared', [200, 200, 429, 429]],
    ['pass', [200, 200, 200, 200]],
    ['deny', [429, 429, 429, 429]],
  ] as const)('H-140 are %s', async (missingKey, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'limits-'))
    const path = join(folder, 'front.sock')
    const gateway = createGateway({
      filters: [rateLimit({ limit: 2, windowMs: 3_600_000, missingKey })],
      routes: answering,
    })
    const server = createServer(toNode(gateway))
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const all = []
    for (let at = 0; at < 4; at++) {
      const socket = connect(path)
      socket.write(request('/'))
      all.push(Number((await text(socket)).slice(9, 12)))
    }
    expect(all).toEqual(expected)
    await gateway.close()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true })
  })
})
