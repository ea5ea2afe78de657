import { createGateway, defineFilter, forward, type Handler, reply, respond } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, nextMessage, parseReplies, rawOpen, wsConnect, wsEcho } from '../../support/index.js'
import { ask } from '../client.js'
import { served } from './served.js'

const says = (body: string): Handler => respond({ body })
const head = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

/** A filter that tells when it was closed, and a handler that answers when it is let. */
function parts() {
  const gate = Promise.withResolvers<void>()
  let closed = false
  let asked = 0
  let left = false
  const filter = defineFilter(
    {
      filterName: 'old',
      close: async () => {
        closed = true
      },
    },
    async (exchange, next) => {
      if (closed) throw new Error('asked after it was closed')
      const answer = await next(exchange)
      return { ...answer, headers: { ...answer.headers, 'x-filter': 'old' } }
    },
  )
  const slow: Handler = async ({ target, cancel }) => {
    asked++
    cancel.add(() => {
      left = true
    })
    await gate.promise
    return reply(200, `old ${target.path}`)
  }
  return { filter, closed: () => closed, slow, answer: () => gate.resolve(), asked: () => asked, left: () => left }
}

describe('a reload', () => {
  it('lets an exchange under way end by the old filters and handler, and closes them behind it', async () => {
    const { filter, closed, slow, answer, asked } = parts()
    await using edge = await served(createGateway({ routes: [{ path: '/**', filters: [filter], handler: slow }] }))
    const first = ask(edge.port, '/1')
    await eventually(() => asked() === 1)
    await edge.gateway.reload({ routes: [{ path: '/**', handler: says('new') }] })
    expect((await ask(edge.port, '/2')).body).toBe('new')
    expect(closed()).toBe(false)
    answer()
    const { body, headers } = await first
    expect([body, headers['x-filter']]).toEqual(['old /1', 'old'])
    await eventually(closed)
  })

  it('counts pipelined requests that wait for their turn as under way: they end as they were routed', async () => {
    const { filter, closed, slow, answer, asked } = parts()
    await using edge = await served(createGateway({ routes: [{ path: '/**', filters: [filter], handler: slow }] }))
    await using client = await rawOpen(edge.port)
    await client.write(head('/1') + head('/2') + head('/3'))
    await eventually(() => asked() === 1 && edge.gateway.traffic.requests === 3)
    await edge.gateway.reload({ routes: [{ path: '/**', handler: says('new') }] })
    answer()
    await client.waitFor('old /3')
    const replies = parseReplies(client.bytes)
    expect(replies.map(({ status, body }) => `${status} ${body}`)).toEqual(['200 old /1', '200 old /2', '200 old /3'])
    expect(replies.every((each) => each.header('x-filter') === 'old')).toBe(true)
    await eventually(closed)
    await client.write(head('/4'))
    await client.waitFor('new')
  })

  it('does not wait for pipelined requests whose client has left', async () => {
    const { filter, closed, slow, answer, asked, left } = parts()
    await using edge = await served(createGateway({ routes: [{ path: '/**', filters: [filter], handler: slow }] }))
    await using client = await rawOpen(edge.port)
    await client.write(Array.from({ length: 50 }, (_, at) => head(`/${at}`)).join(''))
    await eventually(() => asked() === 1)
    await edge.gateway.reload({ routes: [{ path: '/**', handler: says('new') }] })
    client.reset()
    await eventually(left)
    answer()
    await eventually(() => closed() && edge.gateway.traffic.requests === 0)
    expect(asked()).toBe(1)
  })

  it('lets a WebSocket live, and closes its filter only behind it', async () => {
    await using echo = await wsEcho()
    const { filter, closed } = parts()
    const handler = forward(echo.url.replace('ws:', 'http:'))
    await using edge = await served(createGateway({ routes: [{ path: '/**', filters: [filter], handler }] }))
    const socket = await wsConnect(`ws://127.0.0.1:${edge.port}/`)
    await edge.gateway.reload({ routes: [{ path: '/**', handler: says('new') }] })
    for (const text of ['one', 'two']) {
      socket.send(text)
      expect(await nextMessage(socket)).toBe(text)
    }
    expect([closed(), (await ask(edge.port)).body]).toEqual([false, 'new'])
    socket.close()
    await eventually(closed)
  })

  it('does not wait for what came after it', async () => {
    const { filter, closed } = parts()
    const later = parts()
    await using edge = await served(
      createGateway({ routes: [{ path: '/**', filters: [filter], handler: says('old') }] }),
    )
    await edge.gateway.reload({ routes: [{ path: '/**', handler: later.slow }] })
    const request = ask(edge.port)
    await eventually(closed)
    later.answer()
    await request
  })
})
