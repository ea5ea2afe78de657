import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { type AccessRecord, accessLog, cache, EventHub, eventLog, http1, rateLimit } from 'edgewise'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { child, eventually, faultyUpstream, rawOpen, sourceLoader, upstream } from '../../support/index.js'
import { gatewayOver } from '../front.js'
import { balancerOver, far as tcpFar } from '../tcp/front.js'

const get = (port: number, path = '/'): Promise<string> =>
  fetch(`http://127.0.0.1:${port}${path}`).then((answer) => answer.text())

/** What a log wrote, read again. */
function recordsIn(lines: readonly string[]): (AccessRecord & Record<string, unknown>)[] {
  return lines.map((line) => JSON.parse(line))
}

describe('accessLog behind a gateway', () => {
  it('goes to pino, which writes time and level by itself', async () => {
    await using far = await upstream()
    await using front = await gatewayOver(http1(), [far.url])
    const lines: string[] = []
    const logger = pino({ base: null }, { write: (line) => lines.push(line) })
    using _log = accessLog({ logger, events: front.hub })
    await get(front.port, '/users?token=s3cret')
    await eventually(() => lines.length === 1)
    expect(recordsIn(lines)[0]).toMatchObject({
      level: 30,
      time: expect.any(Number),
      msg: 'GET /users 200',
      query: 'token=[redacted]',
      status: 200,
      endpoint: far.url,
    })
    const names = [...lines[0]!.matchAll(/[{,]"(\w+)":/g)].map(([, name]) => name)
    expect(names.filter((name) => name === 'time' || name === 'level')).toEqual(['level', 'time'])
  })

  it('lists the attempts of a request that went to another endpoint', async () => {
    await using dead = await faultyUpstream('refuse')
    await using far = await upstream()
    await using front = await gatewayOver(http1(), [dead.url, far.url])
    const lines: string[] = []
    using _log = accessLog({ write: (line) => lines.push(line), events: front.hub })
    for (let at = 0; at < 2; at++) await get(front.port)
    await eventually(() => lines.length === 2)
    const [record] = recordsIn(lines).filter(({ attempts }) => attempts === 2)
    expect(record).toMatchObject({
      status: 200,
      termination: '--',
      endpoint: far.url,
      tries: [
        { endpoint: dead.url, error: 'ERR_EDGE_CONNECT', ms: expect.any(Number) },
        { endpoint: far.url, status: 200 },
      ],
    })
  })

  it('says what the cache did, and which limit was reached', async () => {
    await using far = await upstream((_request, response) =>
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end('ok'),
    )
    const events = new EventHub()
    const filters = [rateLimit({ name: 'hourly', limit: 2, windowMs: 3_600_000, events }), cache({ events })]
    await using front = await gatewayOver(http1(), [far.url], { gateway: { events, filters }, pool: { events } })
    const lines: string[] = []
    using _log = accessLog({ write: (line) => lines.push(line), events })
    for (let at = 0; at < 3; at++) {
      await get(front.port)
      await eventually(() => lines.length === at + 1)
    }
    expect(recordsIn(lines)).toMatchObject([
      { cache: 'miss', endpoint: far.url },
      { cache: 'hit', termination: '--' },
      { status: 429, limits: ['hourly'], denied: { filter: 'rateLimit' }, termination: 'PR' },
    ])
    expect(recordsIn(lines)[1]).not.toHaveProperty('endpoint')
  })

  it('H-195 lets requests pass when a pipe takes nothing, and drops records', async () => {
    await using far = await upstream()
    await using front = await gatewayOver(http1(), [far.url])
    const stuck = new PassThrough({ highWaterMark: 1 })
    const faults: string[] = []
    front.hub.on('fault', ({ error }) => faults.push((error as Error).message))
    using log = accessLog({ stream: stuck, events: front.hub, maxBufferedBytes: 1_024 })
    for (let at = 0; at < 20; at++) await get(front.port)
    await eventually(() => log.dropped > 10)
    expect(faults).toEqual(['the stream is too slow: records are dropped'])
    let text = ''
    stuck.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    await eventually(() => text.split('\n').length + log.dropped > 20)
    expect(recordsIn(text.trimEnd().split('\n')).every(({ status }) => status === 200)).toBe(true)
  })

  it('writes connections of the layer 4 balancer, where asked to', async () => {
    await using far = await tcpFar()
    await using front = await balancerOver([far.url])
    const lines: string[] = []
    const without: string[] = []
    using _log = accessLog({ connections: true, write: (line) => lines.push(line), events: front.events })
    using _other = accessLog({ write: (line) => without.push(line), events: front.events })
    await using client = await rawOpen(front.port)
    await client.write('hello')
    await client.waitFor('hello')
    client.end()
    await front.atRest()
    expect(recordsIn(lines)).toMatchObject([
      {
        protocol: 'tcp',
        client: { address: '127.0.0.1' },
        pool: 'far',
        endpoint: far.url,
        attempts: 1,
        termination: '--',
        bytes: { in: 5, out: 5 },
      },
    ])
    expect(['method', 'path', 'status'].filter((name) => name in recordsIn(lines)[0]!)).toEqual([])
    expect(without).toEqual([])
  })

  it('tells of endpoints and of the gateway’s end', async () => {
    await using far = await upstream()
    const messages: string[] = []
    const front = await gatewayOver(http1(), [far.url])
    const note = (_fields: object, message?: string): void => void messages.push(message ?? '')
    using _log = eventLog({ logger: { info: note, warn: note, error: note }, events: front.hub })
    const name = front.endpoint(0).name
    await front.pool.drain(name)
    front.pool.ready(name)
    await front[Symbol.asyncDispose]()
    expect(messages).toEqual([
      expect.stringContaining(`endpoint ${name} of pool test takes no new requests`),
      expect.stringContaining(`endpoint ${name} of pool test takes traffic again`),
      'the gateway is closing: it takes no new requests',
      'the gateway has closed',
    ])
  })
})

const app = `
  import http from 'node:http'
  import { once } from 'node:events'
  import { accessLog, createGateway, events, respond } from 'edgewise'
  import { toNode } from 'edgewise/node'
  const gateway = createGateway({ routes: [{ path: '/**', handler: respond({ body: 'ok' }) }] })
  const server = http.createServer(toNode(gateway)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  events.on('fault', ({ where }) => process.connected && process.send({ fault: where }))
  accessLog({ stream: process.stdout, format: '{method} {path} {status}' })
  process.on('message', async () => {
    server.close()
    await gateway.close()
    process.disconnect()
  })
  process.send({ port: server.address().port })
`

describe('accessLog of a process', () => {
  it('keeps no process alive, and loses no line at its end', async () => {
    await using running = await child({ code: app }, { imports: [sourceLoader] })
    for (const path of ['/a', '/b', '/c']) await get(running.port, path)
    running.send('end')
    expect(await running.exit).toEqual({ code: 0, signal: null })
    expect(running.stdout.split('\n')).toEqual(['GET /a 200', 'GET /b 200', 'GET /c 200', ''])
  })

  it('H-195 does not end a process whose log nobody reads any more', async () => {
    await using running = await child({ code: app }, { imports: [sourceLoader] })
    await get(running.port, '/a')
    await eventually(() => running.stdout !== '')
    running.process.stdout!.destroy()
    await once(running.process.stdout!, 'close')
    for (let at = 0; at < 5; at++) expect(await get(running.port)).toBe('ok')
    await eventually(() => running.messages.some((message) => (message as { fault?: string }).fault === 'accessLog'))
    expect(running.alive()).toBe(true)
    running.send('end')
    expect(await running.exit).toEqual({ code: 0, signal: null })
  })
})
