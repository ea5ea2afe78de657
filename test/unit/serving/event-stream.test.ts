import { type Body, EventHub, reply, StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import type { NodeExchange } from '../../../src/node-exchange.js'
import { endable } from '../../../src/serving/event-stream.js'
import { Traffic } from '../../../src/traffic.js'
import { asked } from '../asked.js'

const idle = new Traffic(new EventHub())

function stream(type = 'text/event-stream', headers: Record<string, string> = {}, traffic = idle) {
  const cancelled: Error[] = []
  const source = new StreamBody({ pause() {}, resume() {}, cancel: (reason) => void cancelled.push(reason) }, undefined)
  const exchange = asked('/readyz') as unknown as NodeExchange
  const answer = endable(exchange, reply(200, source, { 'content-type': type, ...headers }), traffic)
  return { source, answer, cancelled, finish: () => exchange.origin.endStream?.() }
}

/** Reads a body, and tells what came and how it ended. */
function seen(body: Body) {
  const read = { text: '', end: '' }
  if (body.kind === 'stream')
    body.attach({
      write: (chunk) => {
        read.text += Buffer.from(chunk).toString()
        return true
      },
      end() {
        read.end = 'ended'
      },
      fail() {
        read.end = 'failed'
      },
    })
  return read
}

describe('an event stream that has to end', () => {
  it.each([
    ['nothing yet', [], ''],
    ['a whole event', ['data: 1\n\n'], 'data: 1\n\n'],
    ['CR LF', ['data: 1\r\n\r\n'], 'data: 1\r\n\r\n'],
    ['CR', ['data: 1\r\r'], 'data: 1\r\r'],
    ['ends of lines in two chunks', ['data: 1\r\n', '\r\n'], 'data: 1\r\n\r\n'],
  ])('ends at once behind %s', (_what, chunks, text) => {
    const { source, answer, cancelled, finish } = stream()
    const read = seen(answer.body)
    for (const chunk of chunks) source.push(Buffer.from(chunk))
    finish()
    expect([read.text, read.end, cancelled.length]).toEqual([text, 'ended', 1])
  })

  it.each([
    [['data: 1\n'], ['data: 2\n\ndata: 3\n\n'], 'data: 1\ndata: 2\n\n'],
    [['data: 1\n'], ['\ndata: 3\n\n'], 'data: 1\n\n'],
    [['data: 1\r'], ['\n', '\r\nnext'], 'data: 1\r\n\r\n'],
    [['x'.repeat(100)], ['y\r\n', '\r\n'], `${'x'.repeat(100)}y\r\n\r\n`],
  ])('lets the event under way come to its end: %j, then %j', (before, after, text) => {
    const { source, answer, cancelled, finish } = stream()
    const read = seen(answer.body)
    for (const chunk of before) source.push(Buffer.from(chunk))
    finish()
    expect(read.end).toBe('')
    for (const chunk of after) source.push(Buffer.from(chunk))
    expect([read.text, read.end, cancelled.length]).toEqual([text, 'ended', 1])
  })

  it('ends at once where no ends of events can be seen', () => {
    const { source, answer, finish } = stream('text/event-stream; charset=utf-8', { 'content-encoding': 'gzip' })
    const read = seen(answer.body)
    source.push(Buffer.from('abc'))
    finish()
    expect([read.text, read.end]).toEqual(['abc', 'ended'])
  })

  it('has an end, and no more, if it comes when its gateway drains already', async () => {
    const traffic = new Traffic(new EventHub())
    await traffic.drain(0)
    expect(seen(stream('text/event-stream', {}, traffic).answer.body)).toEqual({ text: '', end: 'ended' })
  })

  it('passes errors, ends and cancellation on, as they are', () => {
    for (const how of ['end', 'fail'] as const) {
      const { source, answer } = stream()
      const read = seen(answer.body)
      if (how === 'end') source.end()
      else source.fail(new Error('gone'))
      expect(read.end).toBe(how === 'end' ? 'ended' : 'failed')
    }
    const { answer, cancelled } = stream()
    if (answer.body.kind === 'stream') answer.body.cancel(new Error('client gone'))
    expect(cancelled).toHaveLength(1)
  })

  it('is no other reply', () => {
    const { source, answer } = stream('application/octet-stream')
    expect(answer.body).toBe(source)
  })
})
