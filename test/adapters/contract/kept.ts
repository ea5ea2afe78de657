import type { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, upstream } from '../../support/index.js'
import { afterReplies } from '../../support/replies.js'
import type { Harness } from '../harness/harness.js'
import { appOver, transports } from './kit.js'

const listeners = (emitter: EventEmitter): number =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)

export function keeping(harness: Harness): void {
  describe(`${harness.name}: a kept connection`, () => {
    it.each(transports)('H-115 gets no listener more by 200 requests, over $transport', async ({ make }) => {
      await using far = await upstream((_request, response) => response.end('ok'))
      await using app = await appOver(harness, far.url, { transport: make() })
      await using client = await rawOpen(app.port)
      const ask = async (at: number): Promise<void> => {
        const [method, body] = at % 2 === 0 ? ['GET', ''] : ['POST', 'hello']
        await client.write(`${method} /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
        await client.waitFor(afterReplies(at))
      }
      for (let at = 1; at <= 20; at++) await ask(at)
      const [socket] = app.sockets
      // With the last request, which may not have let go of it yet, a few more than at rest.
      const before = listeners(socket!)
      for (let at = 21; at <= 200; at++) await ask(at)
      await eventually(() => listeners(socket!) <= before)
      expect(app.sockets).toHaveLength(1)
      expect(app.errors).toEqual([])
    })
  })
}
