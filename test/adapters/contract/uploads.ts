import { compose, createGateway, type Filter, forward, type Gateway, handOver, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import type { AppOptions, Harness } from '../harness/harness.js'
import { bases, below, talk } from './kit.js'

const deny =
  (status: number): Filter =>
  async () =>
    reply(status, 'denied')

/** Answers of our own to a request whose body nobody reads. */
export const denials: readonly {
  readonly what: string
  readonly status: number
  readonly gateway: () => Gateway
  readonly path?: string
  readonly options?: AppOptions
}[] = [
  ...[401, 413, 429].map((status) => ({
    what: `a filter's ${status}`,
    status,
    gateway: () =>
      createGateway({ routes: [{ path: '/**', filters: [deny(status)], handler: forward('http://127.0.0.1:1') }] }),
  })),
  {
    what: 'a 403 in front of handOver()',
    status: 403,
    gateway: () => createGateway({ routes: [{ path: '/**', handler: compose(deny(403), handOver()) }] }),
  },
  { what: 'a 404', status: 404, gateway: () => createGateway({ routes: [] }), options: { fallThrough: false } },
  {
    what: 'a 405',
    status: 405,
    gateway: () =>
      createGateway({ routes: [{ path: '/**', methods: ['GET'], handler: forward('http://127.0.0.1:1') }] }),
    options: { fallThrough: false },
  },
  { what: 'a 400 to its target', status: 400, path: '/%2e%2e/x', gateway: () => createGateway({ routes: [] }) },
  {
    what: 'a 502',
    status: 502,
    gateway: () => createGateway({ routes: [{ path: '/**', handler: forward('http://127.0.0.1:1') }] }),
  },
]

const EVIL = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n'
const cells = bases.flatMap((base) => denials.map((denial) => ({ base, ...denial })))

export function uploads(harness: Harness): void {
  describe.each(cells)(
    `${harness.name} at $base: $what to an upload`,
    ({ base, status, gateway, path = '/x', options }) => {
      const start = async () => {
        const app = await harness.listen(gateway(), { base, ...options })
        const seen: (string | undefined)[] = []
        app.server.on('request', (request) => seen.push(request.url))
        return { app, seen, target: below(base, path) }
      }

      it('H-003 never takes a body that came with its head for a request', async () => {
        const { app, seen, target } = await start()
        await using _ = app
        const { reply: answer, replies } = await talk(
          app.port,
          `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}GET ${below(base, '/last')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        )
        expect(answer.status).toBe(status)
        expect(replies.length).toBeLessThanOrEqual(2)
        expect(seen).not.toContain('/evil')
      })

      it.each([
        { framing: 'Content-Length', fields: `Content-Length: ${EVIL.length}`, rest: EVIL },
        {
          framing: 'chunks',
          fields: 'Transfer-Encoding: chunked',
          rest: `${EVIL.length.toString(16)}\r\n${EVIL}\r\n0\r\n\r\n`,
        },
      ])(
        'H-003 never takes a body that comes after the answer for a request, and closes ($framing)',
        async ({ fields, rest }) => {
          const { app, seen, target } = await start()
          await using _ = app
          const { replies, ended } = await talk(app.port, [
            `POST ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`,
            async (connection) => void (await connection.waitFor('\r\n\r\n')),
            rest,
          ])
          expect(replies.map((each) => each.status)).toEqual([status])
          expect(replies[0]!.header('connection')).toBe('close')
          expect(ended).not.toBe('open')
          expect(seen).not.toContain('/evil')
        },
      )

      it('H-003 H-021 is readable while the client still sends, and reads little of what it sends', async () => {
        const { app, target } = await start()
        await using _ = app
        const piece = Buffer.alloc(256 * 1024, 'x')
        const { reply: answer, ended } = await talk(app.port, [
          `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${32 * piece.length}\r\n\r\n`,
          ...Array.from({ length: 32 }, () => piece),
        ])
        expect(answer.status).toBe(status)
        expect(answer.complete).toBe(true)
        expect(ended).not.toBe('open')
        expect(app.sockets[0]!.bytesRead).toBeLessThan(1024 * 1024)
      })
    },
  )
}
