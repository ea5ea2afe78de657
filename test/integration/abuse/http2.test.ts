import { constants } from 'node:http2'
import { type Ban, type BanOptions, ban, EventHub, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, h2Client, h2Handshake } from '../../support/index.js'
import { http2Front } from '../http2/front.js'

const offender = { 'x-forwarded-for': '192.0.2.66' }

async function guarded(options: BanOptions, trustedProxies: readonly string[] = ['loopback']) {
  const events = new EventHub()
  const bans: Ban = ban({ events, ...options })
  const routes = [{ path: '/**', filters: [bans], handler: async () => reply(200, 'ok') }]
  const front = await http2Front('http://127.0.0.1:1', { gateway: { events, routes, trustedProxies } })
  return { front, bans, port: front.port, [Symbol.asyncDispose]: () => front[Symbol.asyncDispose]() }
}

describe('bans over HTTP/2', () => {
  it('deny streams and WebSockets of one client, and no others on the connection that a proxy shares out', async () => {
    await using app = await guarded({})
    app.bans.ban('192.0.2.66', 60_000)
    await using client = h2Client(app.port)
    expect((await client.ask('/', { headers: offender, method: 'POST', body: 'x' })).status).toBe(403)
    expect((await client.ask('/')).status).toBe(200)
    const stream = await h2Handshake(client.session, '/', offender)
    const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])))
    expect([status, client.session.closed]).toEqual([403, false])
  })

  it('that drop reset the stream, and leave the connection to the others', async () => {
    await using app = await guarded({ action: 'drop' })
    app.bans.ban('192.0.2.66', 60_000)
    await using client = h2Client(app.port)
    const ended = async (stream: ReturnType<typeof client.open>): Promise<number | undefined> => {
      await new Promise((resolve) => stream.on('close', resolve))
      return stream.rstCode
    }
    expect(await ended(client.open('/', offender, true))).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    expect(await ended(await h2Handshake(client.session, '/', offender))).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    expect((await client.ask('/')).status).toBe(200)
  })

  it('that hold never hold a stream of a connection that a proxy shares out', async () => {
    await using app = await guarded({ action: 'tarpit', tarpitMs: 60_000 })
    app.bans.ban('192.0.2.66', 60_000)
    await using client = h2Client(app.port)
    expect((await client.ask('/', { headers: offender })).status).toBe(403)
  })

  it('that hold hold a client’s own stream, until it resets it', async () => {
    await using app = await guarded({ action: 'tarpit', tarpitMs: 60_000 }, [])
    app.bans.ban('127.0.0.1', 60_000)
    await using client = h2Client(app.port)
    const stream = client.open('/', {}, true)
    await eventually(() => app.bans.held === 1)
    stream.close(constants.NGHTTP2_CANCEL)
    await eventually(() => app.bans.held === 0)
  })
})
