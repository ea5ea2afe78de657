import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { child, eventually, rawOpen, sourceLoader, upstream } from '../../support/index.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'

const APP = (options: string, more = ''): string => `
  import http from 'node:http'
  import { createGateway, gracefulShutdown } from 'edgewise'
  import { toNode } from 'edgewise/node'
  const gateway = createGateway({ routes: [{ path: '/**', handler: () => new Promise(() => {}) }] })
  const server = http.createServer(toNode(gateway))
  const shutdown = gracefulShutdown(server, { gateways: [gateway], ${options} })
  shutdown.done.then((report) => console.log(JSON.stringify(report)))
  server.listen(0, '127.0.0.1', () => console.log('READY ' + server.address().port))
  ${more}
`
const app = (options: string, more?: string) => child({ code: APP(options, more) }, { imports: [sourceLoader] })

describe('a process that is told to end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'H-113 H-116 (%s) has nothing under way, and ends by itself',
    async (signal) => {
      await using running = await app('graceMs: 60_000')
      running.process.kill(signal)
      expect([await running.exit, running.stderr]).toEqual([{ code: 0, signal: null }, ''])
      expect(JSON.parse(running.stdout.split('\n').at(-2)!)).toMatchObject({ reason: signal, requests: 0, cut: 0 })
    },
  )

  it('H-113 does not wait any more at the second signal, and ends by itself all the same', async () => {
    await using running = await app("graceMs: 60_000, beforeShutdown: () => console.log('BEGUN')")
    await using client = await rawOpen(running.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    running.process.kill('SIGTERM')
    await eventually(() => running.stdout.includes('BEGUN'), { timeoutMs: 10_000 })
    expect(running.alive()).toBe(true)
    running.process.kill('SIGTERM')
    expect(await running.exit).toEqual({ code: 0, signal: null })
    await client.closed
    expect(JSON.parse(running.stdout.split('\n').at(-2)!)).toMatchObject({ requests: 1, cut: 1 })
  })

  it('H-116 lives on while something keeps it alive that is not ours, unless told to exit', async () => {
    await using alive = await app('', 'setInterval(() => {}, 1_000)')
    alive.process.kill('SIGTERM')
    await eventually(() => alive.stdout.includes('"cut":0'), { timeoutMs: 10_000 })
    expect(alive.alive()).toBe(true)
    // Its handlers are gone with what they were for.
    alive.process.kill('SIGTERM')
    expect(await alive.exit).toEqual({ code: null, signal: 'SIGTERM' })
    await using told = await app('exit: true', 'setInterval(() => {}, 1_000)')
    told.process.kill('SIGTERM')
    expect(await told.exit).toEqual({ code: 0, signal: null })
  })
})

describe('an app with pools, health checks, discovery, caches, limits, Redis, logs, metrics, traces and somebody at its status page', () => {
  let redis: RedisServer
  let folder: string
  beforeAll(async () => {
    redis = await redisServer()
    folder = await mkdtemp(join(tmpdir(), 'edgewise-exit-'))
  })
  afterAll(async () => {
    await redis.close()
    await rm(folder, { recursive: true })
  })

  it.each(['node', 'express-4', 'express-5', 'koa', 'hono', 'fastify'])(
    'H-113 H-116 on %s ends by itself after SIGTERM',
    async (name) => {
      await using far = await upstream((_req, res) => {
        res.setHeader('cache-control', 'max-age=60').end('far')
      })
      await using running = await child(new URL('exit-app.ts', import.meta.url), {
        imports: [sourceLoader],
        args: [name, far.url, String(redis.port), folder],
        readyTimeoutMs: 30_000,
      })
      expect([await running.exit, running.stderr]).toEqual([{ code: 0, signal: null }, ''])
      const report = { reason: 'SIGTERM', requests: 1, tunnels: 0, cut: 0, tookMs: expect.any(Number) }
      const watched = ['status', 'end']
      expect(running.messages).toEqual([{ statuses: Array.from({ length: 8 }, () => 200), report, watched }])
      // One line of each request that came by the gateway, the viewer's too.
      const lines = (await readFile(join(folder, `${name}.log`), 'utf8')).trimEnd().split('\n')
      expect(lines.map((line) => JSON.parse(line).route)).toEqual([
        ...['/readyz', '/found', '/fixed', '/fixed', '/own', '/metrics', '/status', '/status'],
      ])
      expect(await readFile(join(folder, `${name}-events.log`), 'utf8')).toContain('the gateway has closed')
    },
    40_000,
  )
})
