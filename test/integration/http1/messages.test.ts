import { maxHeaderSize } from 'node:http'
import { bytes, type Filter, http1 } from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  afterReplies,
  parseReplies,
  raw,
  rawOpen,
  type SinkConnection,
  type SinkScript,
  sink,
} from '../../support/index.js'
import { ask, askAll, expectFailure, GET, gatewayOver, ok, post } from '../../transports/gateway-over.js'

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

async function answering(script: SinkScript, options?: Parameters<typeof gatewayOver>[2]) {
  const far = await sink(script)
  const gateway = await gatewayOver(http1(), far.url, options)
  return {
    ...gateway,
    far,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await far.close()
    },
  }
}

/** A reply that begins, breaks off, and is nobody's fault but the upstream's. */
async function expectBroken(gateway: Awaited<ReturnType<typeof answering>>): Promise<void> {
  const { text, ended } = await raw(gateway.port, GET, { hold: Infinity })
  expect(ended).not.toBe('open')
  expect(parseReplies(text)).toMatchObject([{ status: 200, complete: false }])
  const { error } = await gateway.settled()
  expect(error?.code).toBe('ERR_EDGE_BAD_REPLY')
  await gateway.far.connections[0]!.gone
  await gateway.idle()
}

describe('requests', () => {
  it.each([
    ['with a length', 'Content-Length: 5', 'hello'],
    ['in chunks', 'Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
  ])('the head of an upload %s leaves before there is a byte of its body', async (_, framing, body) => {
    await using gateway = await answering(['waitBody', ok()])
    await using client = await rawOpen(gateway.port)
    await client.write(`PUT /x HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`)
    const [request] = await gateway.far.waitForRequests(1)
    expect(request?.bodyLength).toBe(0)
    await client.write(body)
    await client.waitFor('HTTP/1.1 200')
    expect(request?.body.toString()).toBe('hello')
  })

  it('Expect: 100-continue does not go upstream, and an upstream that says no at once is heard', async () => {
    const no = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'
    await using gateway = await answering([
      [no, 'end'],
      ['waitBody', ok()],
    ])
    const head = 'PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n'
    await using client = await rawOpen(gateway.port)
    await client.write(head)
    await client.waitFor('HTTP/1.1 413')
    expect(gateway.far.requests[0]?.header('expect')).toBe(undefined)
    expect((await gateway.settled()).status).toBe(413)
    await gateway.idle()
    expect((await ask(gateway.port)).status).toBe(200)
    expect(gateway.far.connections).toHaveLength(2)
  })

  it('a body that a filter has read is a 500 at once, on a new connection and on a kept one, and harms nobody else', async () => {
    const reads: Filter = async (exchange, next) => {
      if (exchange.method === 'POST') await bytes(exchange.body, 1_000)
      return next(exchange)
    }
    await using gateway = await answering(['waitBody', ok()], { filters: [reads] })
    expectFailure(await ask(gateway.port, post('read')), 500, 'ERR_EDGE_BODY_USED')
    expect((await ask(gateway.port)).status).toBe(200)
    expectFailure(await ask(gateway.port, post('read')), 500, 'ERR_EDGE_BODY_USED')
    await gateway.idle()
    // Nothing of it went out.
    expect(gateway.far.requests.map(({ method }) => method)).toEqual(['GET'])
    expect(gateway.far.connections.map(({ error }) => error)).toEqual(gateway.far.connections.map(() => undefined))
  })
})

describe('interim replies', () => {
  it.each([
    ['in front', `HTTP/1.1 100 Continue\r\n\r\n${ok()}`, [200]],
    ['with fields', `HTTP/1.1 100 Continue\r\nX: y\r\n\r\n${ok()}`, [200]],
    ['twice', `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2)}${ok()}`, [200]],
    [
      'between others',
      `HTTP/1.1 103 E\r\nLink: </a>\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: </b>\r\n\r\n${ok()}`,
      [103, 103, 200],
    ],
  ])('H-067 a 100 that nobody asked for, %s, does no harm, and its connection is kept', async (_, reply, statuses) => {
    await using gateway = await answering(['waitBody', reply])
    for (let nth = 0; nth < 2; nth += 1) {
      const replies = await askAll(gateway.port, GET)
      expect(replies.map(({ status }) => status)).toEqual(statuses)
    }
    expect(gateway.far.connections).toHaveLength(1)
  })

  it('H-067 a flood of 100 is cut short with 502, its connection closed', async () => {
    const flood = async (connection: SinkConnection): Promise<void> => {
      while (!connection.socket.destroyed) await connection.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(50))
    }
    await using gateway = await answering(['waitBody', flood])
    expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_BAD_REPLY')
    await gateway.far.connections[0]!.gone
  })
})

describe('replies that come byte by byte', () => {
  const early = 'HTTP/1.1 103 E\r\nLink: </a>\r\n\r\n'
  it.each([
    ['with a length', `${early}${ok('hello world')}`],
    ['in chunks', `${early}${CHUNKED}5;x="y"\r\nhello\r\n006\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n`],
    ['to the end', 'HTTP/1.1 200 OK\r\n\r\nhello world'],
  ])('%s are whole', async (how, reply) => {
    const bytewise = async (connection: SinkConnection): Promise<void> => {
      for (const byte of reply) await connection.write(byte)
    }
    await using gateway = await answering(['waitBody', bytewise, ...(how === 'to the end' ? ['end'] : [])])
    for (let nth = 0; nth < 2; nth += 1) {
      const reply = await ask(gateway.port)
      expect([reply.status, reply.complete, reply.body.toString()]).toEqual([200, true, 'hello world'])
      if (how === 'in chunks') expect(reply.trailers).toEqual([['x-sum', '1']])
    }
    expect(gateway.far.connections).toHaveLength(how === 'to the end' ? 2 : 1)
  })
})

describe('limits', () => {
  const headOf = (size: number): string => {
    const [before, after] = ['HTTP/1.1 200 OK\r\nX: ', '\r\nContent-Length: 2\r\n\r\n']
    return `${before}${'y'.repeat(size - before.length - after.length)}${after}`
  }
  const inTwo = (head: string): SinkScript => ['waitBody', head.slice(0, 10_000), 5, `${head.slice(10_000)}ok`]

  it.each([
    [maxHeaderSize, 200],
    [maxHeaderSize + 1, 502],
    [2 * maxHeaderSize - 1, 502],
  ])('H-097 a head of %d bytes is a %d, in one packet or in two', async (size, status) => {
    for (const script of [['waitBody', `${headOf(size)}ok`], inTwo(headOf(size))] as SinkScript[]) {
      await using gateway = await answering(script)
      const reply = await ask(gateway.port)
      if (status === 200) expect([reply.status, reply.body.toString()]).toEqual([200, 'ok'])
      else expectFailure(reply, 502, 'ERR_EDGE_BAD_REPLY')
    }
  })

  it.each([
    [499, 200],
    [500, 502],
  ])('H-097 Content-Length and %d other fields are a %d', async (count, status) => {
    const fields = Array.from({ length: count }, (_, nth) => `X${nth}: y\r\n`).join('')
    await using gateway = await answering(['waitBody', ok('ok', fields)])
    expect((await ask(gateway.port)).status).toBe(status)
  })

  it('H-105 a chunk size of 13 digits is read, one of 14 is refused', async () => {
    await using good = await answering(['waitBody', `${CHUNKED}0000000000002\r\nok\r\n0000000000000\r\n\r\n`])
    expect((await ask(good.port)).body.toString()).toBe('ok')
    await using bad = await answering(['waitBody', `${CHUNKED}2\r\nok\r\n`, 5, '00000000000002\r\nok\r\n0\r\n\r\n'])
    await expectBroken(bad)
  })

  it.each([
    ['chunk extensions', '2;', 'x'.repeat(1_024)],
    ['extensions of many chunks', '', `2;${'x'.repeat(1_022)}\r\nok\r\n`],
    ['a chunk size', '', '0'.repeat(1_024)],
    ['trailers', '0\r\n', `X: ${'y'.repeat(1_019)}\r\n`],
    ['a trailer', '0\r\nX: ', 'y'.repeat(1_024)],
  ])('H-097 %s without end are cut short', async (_, start, more) => {
    let sent = 0
    const endless = async (connection: SinkConnection): Promise<void> => {
      for (; !connection.socket.destroyed && sent < 10_000; sent += 1) await connection.write(more)
    }
    await using gateway = await answering(['waitBody', `${CHUNKED}2\r\nok\r\n`, 5, start, endless])
    await expectBroken(gateway)
    // What sockets hold, at most.
    expect(sent).toBeLessThan(10_000)
  })
})

describe('trailers that make a reply a bad one', () => {
  it.each([
    ['a coding that is not chunked', 'Transfer-Encoding: gzip'],
    ['a length that is none', 'Content-Length: x'],
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 1'],
    ['both framings', 'Content-Length: 1\r\nTransfer-Encoding: chunked'],
    ['more fields than a head may have', Array.from({ length: 501 }, (_, nth) => `X${nth}: y`).join('\r\n')],
    ['no field', 'nothing'],
    ['a folded line', 'X: a\r\n b'],
  ])('H-069 H-105 %s: the reply is broken, nobody waits, and the lease is back', async (_, lines) => {
    await using gateway = await answering(['waitBody', `${CHUNKED}2\r\nok\r\n`, 5, `0\r\n${lines}\r\n\r\n`])
    await expectBroken(gateway)
  })
})

it('H-065 what follows a reply to HEAD in a later packet is not taken for the next reply', async () => {
  const late = Promise.withResolvers<void>()
  await using gateway = await answering([
    ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', () => late.promise, 'oops'],
    ['waitBody', ok('second')],
  ])
  const methods = ['HEAD']
  await raw(gateway.port, 'HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n', { until: afterReplies(1, { methods }) })
  late.resolve()
  await gateway.far.connections[0]!.gone
  expect((await ask(gateway.port)).body.toString()).toBe('second')
})
