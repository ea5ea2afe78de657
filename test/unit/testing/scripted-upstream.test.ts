import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually, sink } from '../../support/index.js'
import { oneMessage } from '../../support/one-message.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { afterReplies } from '../../support/replies.js'

const GET = 'GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n'
const reply = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe('sink', () => {
  it('records requests and connections', async () => {
    await using far = await sink()
    const post = 'POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc'
    await raw(far.port, post, { until: afterReplies(1) })
    await raw(far.port, GET + GET, { until: afterReplies(2) })
    expect(far.requests.map(({ method, target, connection }) => [method, target, connection.index])).toEqual([
      ['POST', '/p', 0],
      ['GET', '/a?b', 1],
      ['GET', '/a?b', 1],
    ])
    expect(far.requests[0]?.body.toString()).toBe('abc')
    expect(oneMessage(far.connections[0]!.received).target).toBe('/p')
    await eventually(() => far.openConnections() === 0)
    expect(far.connections.map(({ closed }) => closed)).toEqual(['end', 'end'])
    expect(far.url).toBe(`http://127.0.0.1:${far.port}`)
  })

  it('answers by a list of lists over all connections', async () => {
    await using far = await sink([['reset'], [reply('two')], [reply('more')]])
    expect((await raw(far.port, GET)).ended).toBe('reset')
    const { text } = await raw(far.port, GET + GET + GET, { until: afterReplies(3) })
    expect(text.match(/two|more/g)).toEqual(['two', 'more', 'more'])
  })

  it('asks a function, and answers pipelined requests in order', async () => {
    await using far = await sink(async (connection, index, { target }) => [
      index === 0 ? 5 : 0,
      reply(`${connection.index}:${index}:${target}`),
    ])
    const { text } = await raw(far.port, [GET + GET, 'end'])
    expect(text.match(/0:\d:\S+?b/g)).toEqual(['0:0:/a?b', '0:1:/a?b'])
  })

  it('waits for the body, or answers before it', async () => {
    await using far = await sink((_, index) => (index === 0 ? ['early', 'waitBody', 'late'] : ['end']))
    await using client = await rawOpen(far.port)
    await client.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
    await client.waitFor('early')
    expect(far.requests[0]?.complete).toBe(false)
    await client.write('0\r\n\r\n')
    await client.waitFor('earlylate')
    expect(await far.waitForRequests(1, { complete: true })).toHaveLength(1)
    await client.write(GET)
    expect(await client.closed).toBe('closed')
  })

  it('waits no longer for a body whose sender has gone', async () => {
    const far = await sink(['waitBody', 'destroy'])
    await raw(far.port, [
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na',
      () => far.waitForRequests(1),
      'rst',
    ])
    await eventually(() => far.connections[0]?.closed === 'reset')
    await far.close()
  })

  it('stalls until the peer leaves', async () => {
    await using far = await sink(['stall'])
    expect(await raw(far.port, GET, { hold: 20 })).toMatchObject({ text: '', ended: 'open' })
    await eventually(() => far.connections[0]?.socket.destroyed)
  })

  it('goes on answering after the peer has sent its FIN', async () => {
    await using far = await sink(['one', 10, 'two'])
    expect(await raw(far.port, [GET, 'end'])).toMatchObject({ text: 'onetwo', ended: 'closed' })
  })

  it('greets, and records what is no HTTP without answering', async () => {
    await using far = await sink(undefined, { greet: ['hello'] })
    const result = await raw(far.port, ['\x16\x03\x01', (client) => client.waitFor('hello')], { hold: 20 })
    expect(result.text).toBe('hello')
    await raw(far.port, 'GET / HTTP/1.1\nHost: x\n\n', { hold: 20 })
    expect(far.connections[1]?.error?.message).toContain('bare LF')
    expect(far.requests).toHaveLength(0)
  })

  it('starts without reading, and counts what it need not keep', async () => {
    await using far = await sink(undefined, { paused: true, keep: 5 })
    await using client = await rawOpen(far.port)
    await client.write(GET)
    await eventually(() => far.connections.length === 1)
    await expect(far.waitForRequests(1, { timeoutMs: 20 })).rejects.toThrow('got 0 of 1 requests')
    far.connections[0]?.resume()
    await far.waitForRequests(1)
    expect(far.connections[0]).toMatchObject({ text: 'GET /', bytesReceived: GET.length })
  })

  it('listens on a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sink-'))
    const socketPath = join(folder, 's')
    const far = await sink([reply('unix')], { socketPath })
    const status = await new Promise((resolve) =>
      request({ socketPath, agent: false }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode))
      }).end(),
    )
    expect(status).toBe(200)
    await far.close()
    rmSync(folder, { recursive: true })
  })

  it('tells what its script threw', async () => {
    const far = await sink(() => {
      throw new Error('script')
    })
    expect((await raw(far.port, GET)).ended).toBe('closed')
    expect(far.connections[0]?.closed).toBe('self')
    await expect(far.close()).rejects.toThrow('script')
  })
})
