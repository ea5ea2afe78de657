import { type Ban, type BanOptions, ban, EventHub, type Gateway, handOver, type Outcome, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, UpgradeDenied, wsConnect, wsEcho } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { ask, bases, below, forwarder, gatewayTo, request, talk } from './kit.js'

/** A ban in front of a handler, and how its exchanges ended. */
function banning(options: BanOptions, handler: Parameters<typeof gatewayTo>[0] = async () => reply(404)) {
  const events = new EventHub()
  const outcomes: Outcome[] = []
  events.on('exchange', ({ outcome }) => outcomes.push(outcome))
  const bans: Ban = ban({ events, ...options })
  const gateway: Gateway = gatewayTo(handler, { events, filters: [bans], trustedProxies: ['loopback'] })
  return { bans, gateway, outcomes }
}

const from = (address: string): string => `X-Forwarded-For: ${address}\r\n`
const offender = from('192.0.2.66')
const other = from('192.0.2.1')

export function abuse(harness: Harness): void {
  const { name } = harness
  describe.each(bases)(`${name} at %s: bans`, (base) => {
    const path = below(base, '/x')

    it('H-003 a client that errs too often is denied on the connection it has, the body unread, and others are not', async () => {
      const seen: string[] = []
      const { bans, gateway } = banning({ rules: [{ count: 'not-found', limit: 2 }] }, async ({ target }) => {
        seen.push(target.path)
        return reply(404)
      })
      await using app = await harness.listen(gateway, { base })
      const evil = `GET ${below(base, '/evil')} HTTP/1.1\r\nHost: a\r\n\r\n`
      const kept = `GET ${path} HTTP/1.1\r\nHost: a\r\n${offender}\r\n`
      await using connection = await rawOpen(app.port)
      for (const at of [1, 2]) {
        await connection.write(kept)
        await connection.waitFor((text) => text.split(' 404 ').length === at + 1)
      }
      await eventually(() => bans.has('192.0.2.66'))
      await connection.write(`POST ${path} HTTP/1.1\r\nHost: a\r\n${offender}Content-Length: ${evil.length}\r\n\r\n`)
      const text = await connection.waitFor(/ 403 .*\r\n\r\n/s)
      expect(text).toMatch(/ 403 .*\r\nConnection: close\r\n/is)
      await connection.write(evil).catch(() => {})
      await connection.closed
      expect([text.split(' 404 ').length, seen]).toEqual([3, ['/x', '/x']])
      expect((await ask(app.port, path, { fields: other })).status).toBe(404)
      expect((await ask(app.port, path, { fields: offender, method: 'HEAD' })).status).toBe(403)
    })

    it('an upgrade of a banned client is denied alike, and another’s is not', async () => {
      await using far = await wsEcho()
      const { bans, gateway } = banning({}, forwarder(far.url.replace('ws', 'http')))
      bans.ban('192.0.2.66', 60_000)
      await using app = await harness.listen(gateway, { base })
      const open = (address: string) =>
        wsConnect(`ws://127.0.0.1:${app.port}${path}`, { headers: { 'x-forwarded-for': address } })
      await expect(open('192.0.2.66')).rejects.toSatisfy(
        (error) => error instanceof UpgradeDenied && error.status === 403,
      )
      ;(await open('192.0.2.1')).terminate()
    })

    it('what the app itself answers behind handOver() counts', async () => {
      const { bans, gateway } = banning({ rules: [{ count: [200], limit: 1 }] }, handOver())
      await using app = await harness.listen(gateway, { base })
      expect((await ask(app.port, path, { fields: offender })).status).toBe(200)
      await eventually(() => bans.has('192.0.2.66'))
      expect((await ask(app.port, path, { fields: offender })).status).toBe(403)
    })

    it('a dropped client gets not a byte, on a request and on an upgrade, and the app hears of no error', async () => {
      const { bans, gateway, outcomes } = banning({ action: 'drop' })
      bans.ban('192.0.2.66', 60_000)
      await using app = await harness.listen(gateway, { base })
      const handshake = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
      for (const fields of ['', handshake]) {
        await using connection = await rawOpen(app.port)
        await connection.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${offender}${fields}\r\n`)
        await connection.closed
        expect(connection.received).toBe(0)
      }
      await eventually(() => outcomes.length === 2)
      for (const { status, error, termination } of outcomes)
        expect([status, error?.code, termination.who]).toEqual([null, 'ERR_EDGE_DROPPED', 'edge'])
      expect(app.errors).toEqual([])
    })

    it('a client in the tarpit waits; one that leaves, and a gateway that closes, end that', async () => {
      const { bans, gateway } = banning({ action: 'tarpit', tarpitMs: 60_000 })
      bans.ban('192.0.2.66', 60_000)
      await using app = await harness.listen(gateway, { base })
      const leaving = await rawOpen(app.port)
      await leaving.write(request(path, { fields: offender }))
      await eventually(() => bans.held === 1)
      leaving.reset()
      await eventually(() => bans.held === 0)
      const waiting = talk(app.port, request(path, { fields: offender }), 'GET', { hold: 5_000 })
      await eventually(() => bans.held === 1)
      await gateway.close({ graceMs: 5_000 })
      expect((await waiting).reply.status).toBe(403)
    })
  })
}
