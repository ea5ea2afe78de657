import { describe, expect, it } from 'vitest'
import { eventually, sink } from '../../support/index.js'
import { ask } from '../client.js'
import { cachedSink } from './cached-sink.js'

const HEAD = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n'
const GOOD = ['waitBody', `${HEAD}Content-Length: 4\r\n\r\ngood`] as const

describe('an upstream that dies mid-body', () => {
  it.each([
    ['Content-Length, FIN', `${HEAD}Content-Length: 100\r\n\r\nhalf`, 'end'],
    ['Content-Length, RST', `${HEAD}Content-Length: 100\r\n\r\nhalf`, 'reset'],
    ['chunks, FIN', `${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, 'end'],
    ['chunks, RST', `${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, 'reset'],
    ['to the end of the connection, RST', `${HEAD}\r\nhalf`, 'reset'],
  ] as const)('H-180 leaves nothing stored (%s)', async (_, bytes, end) => {
    await using far = await sink([['waitBody', bytes, 20, end], GOOD])
    await using front = await cachedSink(far.url)
    await ask(front.port, '/').catch(() => {})
    const next = await ask(front.port, '/')
    expect(next.body).toBe('good')
    expect(far.requests).toHaveLength(2)
    expect((await ask(front.port, '/')).body).toBe('good')
    expect(far.requests).toHaveLength(2)
  })

  it('H-180 nor does a client that leaves mid-body', async () => {
    await using far = await sink([['waitBody', `${HEAD}Content-Length: 100\r\n\r\nhalf`, 'stall'], GOOD])
    await using front = await cachedSink(far.url)
    const leaving = new AbortController()
    const left = ask(front.port, '/', { signal: leaving.signal }).catch(() => 'left')
    await far.waitForRequests(1)
    await eventually(() => far.requests[0]!.complete)
    leaving.abort()
    expect(await left).toBe('left')
    await eventually(() => far.openConnections() === 0)
    expect((await ask(front.port, '/')).body).toBe('good')
  })
})
