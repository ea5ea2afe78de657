import {
  aggregate,
  EventHub,
  handOver,
  idempotency,
  mirror,
  requestId,
  requestIdOf,
  respond,
  split,
  versions,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, nextMessage, upstream, wsConnect, wsEcho } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, below, forwarder, gatewayTo, said } from './kit.js'

export function traffic(harness: Harness): void {
  const { name } = harness
  describe(`${name}: traffic`, () => {
    it('gives a request one id: upstream, client, an upgrade’s 101, a failure, the events', async () => {
      await using far = await upstream()
      await using echo = await wsEcho()
      const events = new EventHub()
      const ids: unknown[] = []
      events.on('exchange', ({ exchange }) => ids.push(requestIdOf(exchange)))
      const gateway = { filters: [requestId()], events }
      await using app = await appOver(harness, far.url, { gateway })
      const answer = await ask(app.port, '/')
      const id = answer.header('x-request-id')
      expect(id).toMatch(/^[0-9a-f-]{36}$/)
      expect(said(answer).headers['x-request-id']).toBe(id)
      await eventually(() => ids.length === 1)
      expect(ids).toEqual([id])
      await using broken = await appOver(harness, 'http://127.0.0.1:1', { gateway: { filters: [requestId()] } })
      const failure = await ask(broken.port, '/')
      expect([failure.status, failure.header('x-request-id')?.length]).toEqual([502, 36])
      await using sockets = await appOver(harness, echo.url.replace('ws', 'http'), {
        gateway: { filters: [requestId()] },
      })
      const socket = await wsConnect(`ws://127.0.0.1:${sockets.port}/`)
      socket.send('hello')
      expect(await nextMessage(socket)).toBe('hello')
      expect(echo.requests[0]!.headers['x-request-id']).toHaveLength(36)
      socket.terminate()
    })

    it('answers by version, below a base', async () => {
      await using far = await upstream()
      const api = versions({
        versions: { '1': respond({ json: { version: 1 } }), '2': forwarder(far.url) },
        from: [{ path: 'v' }, { header: 'x-version' }],
      })
      await using app = await harness.listen(gatewayTo(api), { base: '/api' })
      expect((await ask(app.port, '/api/v1/users')).body.toString()).toBe('{"version":1}')
      expect(said(await ask(app.port, '/api/v2/users?a=1')).url).toBe('/users?a=1')
      const refused = await ask(app.port, '/api/v3/users')
      expect([refused.status, refused.header('content-type')]).toEqual([404, 'application/problem+json'])
    })

    it('splits between an upstream and the app’s own handlers', async () => {
      await using far = await upstream(undefined, { name: 'far' })
      const branches = { far: { handler: forwarder(far.url), weight: 1 }, own: { handler: handOver(), weight: 0 } }
      const both = split({ branches, cookie: { name: 'branch' } })
      await using app = await harness.listen(gatewayTo(both), { base: '/' })
      const first = await ask(app.port, '/')
      expect([first.header('x-upstream'), first.header('set-cookie')?.startsWith('branch=')]).toEqual(['far', true])
      both.setWeight('own', 1_000_000)
      expect(said(await ask(app.port, '/')).app).toBe(true)
      const fields = `Cookie: ${first.header('set-cookie')!.split(';')[0]}\r\n`
      expect((await ask(app.port, '/', { fields })).header('x-upstream')).toBe('far')
    })

    it('H-120 mirrors a body and answers with the main reply; carries out an idempotent request once', async () => {
      await using far = await upstream(undefined, { name: 'far' })
      await using shadow = await upstream((req, res) => req.on('data', (data) => res.end(data)))
      const filters = [idempotency(), mirror({ to: forwarder(shadow.url) })]
      await using app = await appOver(harness, far.url, { gateway: { filters } })
      const sent = { method: 'POST', body: 'hello', fields: 'Idempotency-Key: "k"\r\n' }
      const first = await ask(app.port, below('/', '/pay'), sent)
      expect([first.header('x-upstream'), said(first).body]).toEqual(['far', 'hello'])
      const again = await ask(app.port, '/pay', sent)
      expect([again.header('idempotency-replayed'), again.body.equals(first.body)]).toEqual(['true', true])
      await eventually(() => shadow.requests[0]?.outcome === 'done')
      expect([far.hits, shadow.hits]).toEqual([1, 1])
    })

    it('puts an answer together', async () => {
      await using far = await upstream()
      const home = aggregate({
        parts: { far: { handler: forwarder(far.url), path: '/x' }, own: { handler: respond({ json: 1 }) } },
      })
      await using app = await harness.listen(gatewayTo(home), { base: '/' })
      const both = JSON.parse((await ask(app.port, '/')).body.toString())
      expect([both.far.url, both.own]).toEqual(['/x', 1])
    })
  })
}
