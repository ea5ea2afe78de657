import type { Socket } from 'node:net'
import { StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { RequestWriter } from '../../../../src/forwarding/http1/request-writer.js'

/** A socket that keeps what it is given until it is told that all has gone. */
class FakeSocket {
  readonly written: string[] = []
  /** What the kernel has not taken. */
  writableLength = 0
  /** Whether the kernel takes at once. */
  quick = true
  room = true

  write(chunk: string | Uint8Array): boolean {
    this.written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'))
    if (!this.quick) this.writableLength += chunk.length
    return this.room
  }

  cork(): void {}
  uncork(): void {}
}

function writing(length?: number) {
  const told: (Error | 'sent')[] = []
  const source = { calls: [] as string[], spent: [] as Uint8Array[], cancelled: [] as Error[] }
  const body = new StreamBody(
    {
      pause: () => source.calls.push('pause'),
      resume: () => source.calls.push('resume'),
      cancel: (reason) => source.cancelled.push(reason),
      spent: (chunk) => source.spent.push(chunk),
    },
    length,
  )
  const socket = new FakeSocket()
  const writer = new RequestWriter(socket as unknown as Socket, body, {
    sent: () => told.push('sent'),
    unsendable: (error) => told.push(error),
  })
  body.attach(writer)
  return { body, writer, socket, source, told, text: () => socket.written.join('') }
}

describe('a body with a length', () => {
  it('is written as it comes', () => {
    const { body, writer, text, told } = writing(5)
    body.push(Buffer.from('he'))
    body.push(Buffer.from('llo'))
    expect([text(), writer.ended, told]).toEqual(['hello', false, ['sent', 'sent']])
    body.end()
    expect([text(), writer.ended]).toEqual(['hello', true])
  })

  it('H-001 never sends more than it: that would be the next request', () => {
    const { body, text, told, source } = writing(5)
    body.push(Buffer.from('he'))
    body.push(Buffer.from('llo!'))
    expect(text()).toBe('he')
    expect(told.at(-1)).toMatchObject({ code: 'ERR_EDGE_BAD_VALUE' })
    expect(source.cancelled).toHaveLength(1)
    body.end()
    expect(text()).toBe('he')
  })

  it('H-001 does not pass for whole with less', () => {
    const { body, writer, told } = writing(5)
    body.push(Buffer.from('he'))
    body.end()
    expect(told.at(-1)).toMatchObject({ code: 'ERR_EDGE_BAD_VALUE' })
    expect(writer.ended).toBe(true)
  })
})

describe('RFC 9112 §7.1 a body without length', () => {
  it('is written in chunks, and ends with the last one', () => {
    const { body, text, writer } = writing()
    body.push(Buffer.from('hello'))
    body.push(Buffer.from('0123456789abcdef'))
    expect(text()).toBe('5\r\nhello\r\n10\r\n0123456789abcdef')
    body.end()
    expect([text(), writer.ended]).toEqual(['5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n', true])
  })

  it('of nothing is the last chunk', () => {
    const { body, text } = writing()
    body.end()
    expect(text()).toBe('0\r\n\r\n')
  })

  it('H-001 does not end with an empty chunk of its source', () => {
    const { body, text, told } = writing()
    body.push(Buffer.alloc(0))
    body.push(Buffer.from('a'))
    expect([text(), told]).toEqual(['1\r\na', ['sent']])
  })

  it('H-090 that breaks off never gets a last chunk', () => {
    const { body, text, told, writer } = writing()
    body.push(Buffer.from('part'))
    const error = new Error('gone')
    body.fail(error)
    expect([text(), told.at(-1), writer.ended]).toEqual(['4\r\npart', error, true])
  })
})

describe('back-pressure', () => {
  it('waits where the connection has no room, and goes on when it has', () => {
    const { body, writer, socket, source } = writing()
    expect(writer.waiting).toBe(true)
    Object.assign(socket, { quick: false, room: false })
    expect(body.push(Buffer.from('a'))).toBe(false)
    expect([writer.waiting, source.calls]).toEqual([false, ['pause']])
    socket.writableLength = 0
    writer.drained()
    expect([writer.waiting, source.calls]).toEqual([true, ['pause', 'resume']])
    writer.drained()
    expect(source.calls).toEqual(['pause', 'resume'])
  })
})

describe('the memory of a chunk', () => {
  it('is given back at once where the kernel took it', () => {
    const { body, source } = writing()
    const chunk = Buffer.from('a')
    body.push(chunk)
    expect(source.spent).toEqual([chunk])
  })

  it('is given back when the connection has drained, where it had no room for more', () => {
    const { body, writer, socket, source } = writing()
    Object.assign(socket, { quick: false, room: false })
    const chunk = Buffer.from('a')
    body.push(chunk)
    expect(source.spent).toEqual([])
    writer.drained()
    writer.drained()
    expect(source.spent).toEqual([chunk])
  })

  it('is never given back while the connection holds it', () => {
    const { body, socket, source } = writing()
    socket.quick = false
    body.push(Buffer.from('a'))
    body.push(Buffer.from('b'))
    expect(source.spent).toEqual([])
  })
})

it('one that nobody wants any more is let go, once', () => {
  const { body, writer, source, text } = writing(5)
  body.push(Buffer.from('he'))
  const reason = new Error('answered already')
  writer.stop(reason)
  writer.stop(reason)
  expect([source.cancelled, writer.ended]).toEqual([[reason], true])
  expect(writer.write(Buffer.from('llo'))).toBe(true)
  expect(text()).toBe('he')
})

describe('a connection that has no room', () => {
  it('H-093 is waited for, though it had room again for what came in the same read', () => {
    const { body, writer, socket, source } = writing()
    socket.room = false
    body.push(Buffer.from('one'))
    socket.room = true
    body.push(Buffer.from('two'))
    expect([source.calls.includes('resume'), writer.waiting]).toEqual([false, false])
    writer.drained()
    expect([source.calls.filter((call) => call === 'resume').length, writer.waiting]).toEqual([1, true])
  })
})
