import { type EdgeConfig, gatewayFromConfig } from 'edgewise/config'
import { describe, expect, it } from 'vitest'
import { eventually, h2Client, nextMessage, upstream, wsConnect, wsEcho } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { ask, below, request, said, talk } from './kit.js'

const BASE = '/api'

/** A route to each: `/old` or `/new`, and WebSockets to an echo. */
function documentOf(path: string, far: string, echo: string): EdgeConfig {
  return {
    pools: { far: { endpoints: [far] }, echo: { endpoints: [echo.replace('ws:', 'http:')] } },
    filters: [{ replyHeaders: { set: { 'x-turn': path } } }],
    routes: [
      { path: `/${path}/**`, forward: 'far' },
      { path: `/${path}-ws`, forward: 'echo' },
      { path: '/both', respond: { body: path } },
    ],
  }
}

export function configuring(harness: Harness): void {
  const { name } = harness
  describe(`${name}: a gateway of documents`, () => {
    it('goes by another document under the same mount, from one request to the next on a connection', async () => {
      await using far = await upstream()
      const edge = await gatewayFromConfig(documentOf('old', far.url, far.url))
      await using app = await harness.listen(edge, { base: BASE, mount: BASE })
      const turnOf = async (path: string): Promise<string | undefined> =>
        (await ask(app.port, below(BASE, path))).header('x-turn')
      expect([await turnOf('/old/1'), await turnOf('/new/1')]).toEqual(['old', undefined])
      const { replies } = await talk(app.port, [
        `GET ${BASE}/both HTTP/1.1\r\nHost: a.test\r\n\r\n`,
        (client) => client.waitFor('x-turn: old'),
        () => edge.reload(documentOf('new', far.url, far.url)),
        request(below(BASE, '/both')),
      ])
      expect(replies.map((reply) => `${reply.header('x-turn')} ${reply.body}`)).toEqual(['old old', 'new new'])
      expect([await turnOf('/old/1'), await turnOf('/new/1')]).toEqual([undefined, 'new'])
      expect(said(await ask(app.port, below(BASE, '/new/1'))).url).toBe('/new/1')
    })

    it('H-193 lets WebSockets live that were opened by the document before, and opens others by the new one', async () => {
      await using far = await upstream()
      await using echo = await wsEcho()
      const edge = await gatewayFromConfig(documentOf('old', far.url, echo.url))
      await using app = await harness.listen(edge, { base: BASE })
      const url = (path: string): string => `ws://127.0.0.1:${app.port}${BASE}/${path}-ws`
      const listeners = app.server.listenerCount('upgrade')
      const first = await wsConnect(url('old'))
      await edge.reload(documentOf('new', far.url, echo.url))
      const second = await wsConnect(url('new'))
      for (const [at, socket] of [first, second].entries()) {
        socket.send(`hello ${at}`)
        expect(await nextMessage(socket)).toBe(`hello ${at}`)
      }
      await expect(wsConnect(url('old'))).rejects.toThrow('404')
      expect([edge.traffic.tunnels, app.server.listenerCount('upgrade')]).toEqual([2, listeners])
      for (const socket of [first, second]) socket.terminate()
      await eventually(() => edge.traffic.tunnels === 0)
    })

    // Express's own request crashes on node:http2 (docs/http2.md).
    if (name.startsWith('express')) return
    it('does so on a connection of HTTP/2, whose requests under way end as they began', async () => {
      const gate = Promise.withResolvers<void>()
      await using far = await upstream(async (_request, response) => {
        await gate.promise
        response.end('far')
      })
      const edge = await gatewayFromConfig(documentOf('old', far.url, far.url))
      await using app = await harness.listen(edge, { base: BASE, http2: true })
      await using client = h2Client(app.port)
      const under = client.ask(`${BASE}/old/1`)
      await eventually(() => far.hits === 1)
      await edge.reload(documentOf('new', far.url, far.url))
      const next = await client.ask(`${BASE}/both`)
      gate.resolve()
      const last = await under
      expect([last, next].map(({ status, headers, body }) => `${status} ${headers['x-turn']} ${body}`)).toEqual([
        '200 old far',
        '200 new new',
      ])
    })
  })
}
