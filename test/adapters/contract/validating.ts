import { compose, graphqlLimits, handOver, jsonLimits, openapi, validateJson, xmlLimits } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream, wsConnect, wsEcho } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, below, said, talk } from './kit.js'

const JSON_TYPE = 'Content-Type: application/json\r\n'

const user = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
const page = { type: 'object', properties: { page: { type: 'integer', minimum: 1 } } }

const document = {
  openapi: '3.1.0',
  paths: { '/users/{id}': { get: { parameters: [{ name: 'id', in: 'path', schema: { type: 'integer' } }] } } },
}

const handshake =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

export function validating(harness: Harness): void {
  const { name } = harness
  describe(`${name}: validating`, () => {
    const base = '/api'
    const filters = [
      jsonLimits({ maxDepth: 8 }),
      xmlLimits(),
      validateJson({ body: user, query: page, maxBytes: 1_000 }),
    ]

    it('a body that matches arrives as the bytes that came, read once by several filters, also in chunks', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const body = '{ "name" : "\\u00fc", "n": 9007199254740993 }'
      const whole = await ask(app.port, below(base, '/x'), { method: 'POST', body, fields: JSON_TYPE })
      expect([said(whole).body, said(whole).headers['content-length']]).toEqual([body, String(Buffer.byteLength(body))])
      const halves = [body.slice(0, 5), body.slice(5)].map(
        (half) => `${Buffer.byteLength(half).toString(16)}\r\n${half}\r\n`,
      )
      const { reply: chunked } = await talk(
        app.port,
        `POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${halves.join('')}0\r\n\r\n`,
        'POST',
      )
      expect(said(chunked).body).toBe(body)
    })

    it.each([
      ['one that does not match', JSON_TYPE, '{"name":5}', 400],
      ['no JSON', JSON_TYPE, '{"name":', 400],
      ['H-160 deep nesting', JSON_TYPE, '['.repeat(900), 400],
      ['H-203 a type that is none', 'Content-Type: application/json garbage\r\n', '{"name":"a"}', 415],
      ['H-203 one behind a tab', 'Content-Type: application/json\t; x\r\n', '{"name":"a"}', 415],
      ['one in a coding', `${JSON_TYPE}Content-Encoding: gzip\r\n`, '{"name":"a"}', 415],
      ['H-157 one that is too long', JSON_TYPE, `{"name":"${'a'.repeat(1_000)}"}`, 413],
    ] as const)('%s never arrives, and its client is told in a problem', async (_what, fields, body, status) => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const answer = await ask(app.port, below(base, '/x'), { method: 'POST', body, fields })
      expect([answer.status, answer.header('content-type'), far.hits]).toEqual([status, 'application/problem+json', 0])
      expect(JSON.parse(answer.body.toString())).toMatchObject({ type: 'about:blank', status })
    })

    it('H-157 a chunked body without end is a 413 as soon as it is too long', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, {
        base,
        gateway: { filters: [validateJson({ body: user, maxBytes: 1_000 })] },
      })
      const head = `POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`
      const { reply: answer } = await talk(app.port, `${head}7d0\r\n${'['.repeat(2_000)}\r\n`, 'POST')
      expect([answer.status, far.hits]).toEqual([413, 0])
    })

    it('an upgrade is judged by all but a body', async () => {
      await using far = await wsEcho()
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, gateway: { filters } })
      const { reply: denied } = await talk(
        app.port,
        `GET ${below(base, '/x?page=0')} HTTP/1.1\r\nHost: a\r\n${handshake}\r\n`,
      )
      expect([denied.status, denied.header('content-type'), far.requests.length]).toEqual([
        400,
        'application/problem+json',
        0,
      ])
      const socket = await wsConnect(`ws://127.0.0.1:${app.port}${below(base, '/x?page=1')}`)
      socket.terminate()
      expect(far.requests.length).toBe(1)
    })

    it('an operation is found below the base, and HEAD and GET alike', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, gateway: { filters: [openapi({ document })] } })
      const status = async (path: string, method = 'GET') => (await ask(app.port, below(base, path), { method })).status
      expect([await status('/users/7'), await status('/users/7', 'HEAD'), await status('/users/x')]).toEqual([
        200, 200, 400,
      ])
      expect([await status('/none'), await status('/users/7', 'DELETE')]).toEqual([404, 405])
      expect(far.hits).toBe(2)
    })

    it('GraphQL that asks for too much never arrives', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, {
        base,
        gateway: { filters: [graphqlLimits({ maxDepth: 1 })] },
      })
      const post = (query: string) =>
        ask(app.port, below(base, '/graphql'), { method: 'POST', body: JSON.stringify({ query }), fields: JSON_TYPE })
      const deep = await post('{a{b}}')
      expect([deep.status, deep.body.toString(), far.hits]).toEqual([
        400,
        '{"errors":[{"message":"More than 1 levels are asked for."}]}',
        0,
      ])
      expect(said(await post('{a}')).body).toBe('{"query":"{a}"}')
    })

    it('in front of handOver() the app answers what needs no body, and never waits for one that was read', async () => {
      await using app = await harness.listen(compose(validateJson({ body: user, query: page }), handOver()), { base })
      const get = await ask(app.port, below(base, '/x?page=1'))
      expect([get.status, said(get).app]).toEqual([200, true])
      expect((await ask(app.port, below(base, '/x?page=0'))).status).toBe(400)
      const post = await ask(app.port, below(base, '/x'), { method: 'POST', body: '{"name":"a"}', fields: JSON_TYPE })
      if (harness.traits.findsKept) expect(JSON.parse(said(post).body)).toEqual({ name: 'a' })
      else expect([post.status, post.body.toString()]).toEqual([500, '500 ERR_EDGE_BODY_CONSUMED\n'])
      const wrong = await ask(app.port, below(base, '/x'), { method: 'POST', body: '{"name":5}', fields: JSON_TYPE })
      expect(wrong.status).toBe(400)
    })
  })
}
