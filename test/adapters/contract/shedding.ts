import { EventHub, type Handler, handOver, reply, type Shed, type ShedOptions, shed } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, nextMessage, rawOpen, UpgradeDenied, wsConnect, wsEcho } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { ask, bases, below, forwarder, gatewayTo, request, talk } from './kit.js'

function overloaded(options: ShedOptions, handler: Handler) {
  const events = new EventHub()
  const filter: Shed = shed({ events, ...options })
  return { filter, gateway: gatewayTo(handler, { events, filters: [filter] }) }
}

export function shedding(harness: Harness): void {
  const { name } = harness
  describe.each(bases)(`${name} at %s: overload`, (base) => {
    const path = below(base, '/x')

    it('H-003 H-197 what is too much gets a 503, its body unread, and what is exempt none', async () => {
      const seen: string[] = []
      let answer = (): void => {}
      const first = new Promise<void>((resolve) => {
        answer = resolve
      })
      const { filter, gateway } = overloaded({ maxInFlight: 1, exempt: ['/healthz'] }, async ({ target }) => {
        seen.push(target.path)
        if (target.path !== '/healthz') await first
        return reply(200, 'ok')
      })
      await using app = await harness.listen(gateway, { base })
      const waiting = ask(app.port, path)
      await eventually(() => filter.inFlight === 1)
      const evil = `GET ${below(base, '/evil')} HTTP/1.1\r\nHost: a\r\n\r\n`
      const { reply: refused, replies } = await talk(
        app.port,
        [
          `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${evil.length}\r\n\r\n`,
          (connection) => connection.waitFor(' 503 '),
          evil,
        ],
        'POST',
        { hold: 200 },
      )
      expect([refused.status, refused.header('retry-after'), replies.length]).toEqual([503, '1', 1])
      expect(refused.header('connection')).toBe('close')
      // Another spelling of an exempt path is that path, and what only begins like it is not.
      for (const [target, status] of [
        ['/healthz', 200],
        ['/%68ealthz', 200],
        ['/healthz/x', 503],
        ['/x', 503],
      ] as const)
        expect((await ask(app.port, below(base, target))).status).toBe(status)
      answer()
      expect((await waiting).status).toBe(200)
      await eventually(() => filter.inFlight === 0)
      expect((await ask(app.port, path)).status).toBe(200)
      expect(seen).toEqual(['/x', '/healthz', '/healthz', '/x'])
    })

    it('H-110 what is in flight is counted down once, however it ends', async () => {
      const { filter, gateway } = overloaded({}, async ({ target, signal }) => {
        if (target.path === '/fails') throw new Error('fails')
        if (target.path === '/hangs') await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return reply(200, 'ok')
      })
      await using app = await harness.listen(gateway, { base })
      for (const [target, method] of [
        ['/x', 'GET'],
        ['/x', 'HEAD'],
        ['/fails', 'GET'],
      ] as const)
        await ask(app.port, below(base, target), { method })
      const hanging = await rawOpen(app.port)
      await hanging.write(request(below(base, '/hangs')))
      await eventually(() => filter.inFlight === 1)
      hanging.reset()
      await eventually(() => filter.inFlight === 0)
    })

    it('an upgrade counts until it is open, and is refused alike', async () => {
      await using far = await wsEcho()
      let held = true
      const forwarding = forwarder(far.url.replace('ws', 'http'))
      const { filter, gateway } = overloaded({ maxInFlight: 1 }, async (exchange) => {
        if (exchange.upgrade === null) await eventually(() => !held)
        return exchange.upgrade === null ? reply(200) : forwarding(exchange)
      })
      await using app = await harness.listen(gateway, { base })
      const url = `ws://127.0.0.1:${app.port}${path}`
      const sockets = [await wsConnect(url), await wsConnect(url)]
      sockets[1]!.send('hello')
      expect([await nextMessage(sockets[1]!), filter.inFlight]).toEqual(['hello', 0])
      const waiting = ask(app.port, path)
      await eventually(() => filter.inFlight === 1)
      await expect(wsConnect(url)).rejects.toSatisfy((error) => error instanceof UpgradeDenied && error.status === 503)
      held = false
      await waiting
      for (const socket of sockets) socket.terminate()
      await forwarding.close?.()
    })

    it('what the app answers behind handOver() counts until it has', async () => {
      const { filter, gateway } = overloaded({ maxInFlight: 1 }, handOver())
      await using app = await harness.listen(gateway, { base })
      for (let at = 0; at < 3; at++) expect((await ask(app.port, path)).status).toBe(200)
      await eventually(() => filter.inFlight === 0)
    })
  })
}
