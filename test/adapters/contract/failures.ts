import { Readable } from 'node:stream'
import { createPool, EdgeError, type Filter, forward, fromReadable, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { faultyUpstream, upstream } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, talk } from './kit.js'

/** Ways of a filter to fail unexpectedly. */
export const failures: readonly { readonly how: string; readonly filter: Filter; readonly message: string }[] = [
  { how: 'rejects', filter: async () => Promise.reject(new TypeError('boom')), message: 'boom' },
  {
    how: 'throws at once',
    filter: () => {
      throw new TypeError('boom')
    },
    message: 'boom',
  },
  { how: 'rejects with no error', filter: () => Promise.reject(undefined), message: 'undefined' },
  {
    how: 'fails behind the upstream’s reply',
    filter: async (exchange, next) => {
      await next(exchange)
      throw new TypeError('boom')
    },
    message: 'boom',
  },
]

export function failing(harness: Harness): void {
  describe.each(bases)(`${harness.name} at %s: failures`, (base) => {
    it.each(failures)(
      'H-096 a filter that $how reaches the framework’s error handling once',
      async ({ filter, message }) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { base, gateway: { filters: [filter] } })
        const answer = await ask(app.port, below(base, '/x'))
        expect(answer.status).toBe(500)
        expect(answer.body.toString()).toBe(`framework: ${message}`)
        expect(app.errors).toHaveLength(1)
        expect(answer.header('x-upstream')).toBeUndefined()
      },
    )

    it('H-095 answers an EdgeError by its status, with a generic text, past the framework’s error handling', async () => {
      await using far = await faultyUpstream('refuse')
      await using app = await appOver(harness, far.url, { base })
      const answer = await ask(app.port, below(base, '/x'))
      expect(answer.status).toBe(502)
      expect(answer.body.toString()).toBe('502 ERR_EDGE_CONNECT\n')
      expect(app.errors).toEqual([])
    })

    it('answers with the fields an EdgeError carries', async () => {
      const handler = async () => {
        throw new EdgeError('ERR_EDGE_NO_ENDPOINT', 'nobody', { headers: { 'retry-after': '7' } })
      }
      await using app = await harness.listen(gatewayTo(handler), { base })
      const answer = await ask(app.port, below(base, '/x'))
      expect([answer.status, answer.header('retry-after')]).toEqual([503, '7'])
    })

    it('H-106 answers 503 at once when there is no endpoint', async () => {
      const handler = forward({ pool: createPool({ name: 'none', endpoints: [] }) })
      await using app = await harness.listen(gatewayTo(handler), { base })
      expect((await ask(app.port, below(base, '/x'))).status).toBe(503)
    })

    it('H-092 an error behind the head breaks the message, and never ends it', async () => {
      const handler = async () => {
        const stream = new Readable({ read() {} })
        stream.push('half')
        setTimeout(() => stream.destroy(new Error('late')), 20)
        return { ...reply(200), body: fromReadable(stream) }
      }
      await using app = await harness.listen(gatewayTo(handler), { base })
      const { text, ended } = await talk(app.port, `GET ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\n\r\n`)
      expect(text).toContain('half')
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/)
      expect(ended).not.toBe('open')
      expect(app.errors).toEqual([])
    })

    it.each([
      { framing: 'Content-Length', fields: '', body: '{"a":1}' },
      { framing: 'chunks', fields: 'Transfer-Encoding: chunked\r\n', body: undefined },
    ])(
      'H-029 says at once that a body was consumed before it could be forwarded ($framing)',
      async ({ fields, body }) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { base, reader: true })
        const head = `POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n${fields}`
        const started = performance.now()
        const { reply: answer } = await talk(
          app.port,
          body === undefined ? `${head}\r\n7\r\n{"a":1}\r\n0\r\n\r\n` : `${head}Content-Length: 7\r\n\r\n${body}`,
        )
        expect(performance.now() - started).toBeLessThan(900)
        expect(answer.status).toBe(500)
        expect(answer.body.toString()).toBe('500 ERR_EDGE_BODY_CONSUMED\n')
        expect(far.hits).toBe(0)
      },
    )

    it('H-029 forwards a body that nobody has read, whatever its type', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base })
      for (const type of [
        'application/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=b',
        'no/such; type',
      ]) {
        const answer = await ask(app.port, below(base, '/x'), {
          method: 'POST',
          fields: `Content-Type: ${type}\r\n`,
          body: '{"a":1,"a":2}',
        })
        expect(JSON.parse(answer.body.toString())).toMatchObject({
          body: '{"a":1,"a":2}',
          headers: { 'content-type': type },
        })
      }
    })
  })
}
