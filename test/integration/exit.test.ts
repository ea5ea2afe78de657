import { describe, expect, it } from 'vitest'
import { child } from '../support/child.js'
import { sourceLoader } from '../support/source-loader.js'

/** Serves a few requests of every kind, closes everything, and has then nothing left to do. */
const app = (transport: string): string => `
  import http from 'node:http'
  import { once } from 'node:events'
  import { attachUpgrade, createGateway, createPool, forward, http1, httpProxy, undici } from 'edgewise'
  import { toNode } from 'edgewise/node'
  console.log('READY 0')
  const listen = async (server) => (await once(server.listen(0, '127.0.0.1'), 'listening'), server.address().port)
  const far = http.createServer((req, res) => req.url === '/healthz' || req.url === '/' ? res.end('ok') : undefined)
  far.on('upgrade', (req, socket) => socket.end('HTTP/1.1 403 No\\r\\nContent-Length: 0\\r\\n\\r\\n'))
  const url = 'http://127.0.0.1:' + await listen(far)
  const pool = createPool({
    name: 'far',
    endpoints: [url, 'http://127.0.0.1:9'],
    health: { active: { path: '/healthz', intervalMs: 60_000, fall: 1 }, passive: { cooldownMs: 60_000 } },
  })
  const transport = ${transport}
  const own = forward(url, { transport, totalTimeoutMs: 60_000 })
  const gateway = createGateway({ routes: [
    { path: '/own', handler: own },
    { path: '/**', handler: forward({ pool, transport, totalTimeoutMs: 60_000 }) },
  ] })
  const listener = toNode(gateway)
  const server = http.createServer(listener)
  attachUpgrade(server, listener)
  const port = await listen(server)
  const ask = (path, options = {}) => new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...options }, (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode))
    })
    request.on('error', (error) => resolve(error.code)).end(options.body)
  })
  const statuses = []
  for (let at = 0; at < 4; at++) statuses.push(await ask('/'))
  statuses.push(await ask('/', { method: 'POST', body: 'x'.repeat(100_000) }))
  statuses.push(await ask('/', { headers: { connection: 'Upgrade', upgrade: 'websocket',
    'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } }))
  // One that never ends: its client leaves.
  statuses.push(await ask('/stall', { signal: AbortSignal.timeout(50) }))
  process.send({ statuses })
  server.close()
  await gateway.close()
  await pool.close()
  far.close()
  far.closeAllConnections()
`

describe('the process', () => {
  it.each(['http1()', 'undici()', 'httpProxy()'])('H-116 exits by itself after close(), over %s', async (transport) => {
    await using process = await child({ code: app(transport) }, { imports: [sourceLoader] })
    const started = performance.now()
    const exit = await process.exit
    expect([exit, process.stderr]).toEqual([{ code: 0, signal: null }, ''])
    expect(process.messages).toEqual([{ statuses: [200, 200, 200, 200, 200, 403, 'ABORT_ERR'] }])
    // No timer of a minute was waited for.
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('H-116 exits by itself though nothing was ever closed, if nothing is under way: health checks do not hold it', async () => {
    const code = `
      import { createGateway, createPool, forward } from 'edgewise'
      const pool = createPool({ name: 'far', endpoints: ['http://127.0.0.1:9'], health: { active: { intervalMs: 60_000 } } })
      createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }] })
      console.log('READY 0')
    `
    await using process = await child({ code }, { imports: [sourceLoader] })
    expect([await process.exit, process.stderr]).toEqual([{ code: 0, signal: null }, ''])
  })
})
