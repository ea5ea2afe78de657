import { expect, it } from 'vitest'
import { MessageReader } from '../../../../src/testing/wire/reader.js'
import { WireRequest } from '../../../../src/testing/wire/request.js'

const bytes = Buffer.from(
  'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x="y"\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\nU: 2\r\n\r\n' +
    'PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nwxyz',
)
const summary = ({ target, body, complete, trailers }: WireRequest): unknown[] => [
  target,
  body.toString(),
  complete,
  trailers,
]
const expected = [
  [
    '/a',
    'abcde',
    true,
    [
      ['T', '1'],
      ['U', '2'],
    ],
  ],
  ['/b', 'wxyz', true, []],
]

it('reads the same wherever the bytes are cut', () => {
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const reader = new MessageReader({ create: (head) => new WireRequest(head) })
    reader.push(bytes.subarray(0, cut))
    reader.push(bytes.subarray(cut))
    expect(reader.error).toBeUndefined()
    expect(reader.messages.map(summary)).toEqual(expected)
  }
})

it('reads byte by byte, and tells heads and ends as they come', () => {
  const events: string[] = []
  const reader = new MessageReader({
    create: (head) => new WireRequest(head),
    onHead: ({ target }) => events.push(`head ${target}`),
    onEnd: ({ target }) => events.push(`end ${target}`),
  })
  for (const byte of bytes) reader.push(Buffer.of(byte))
  expect(reader.messages.map(summary)).toEqual(expected)
  expect(events).toEqual(['head /a', 'end /a', 'head /b', 'end /b'])
  expect(reader.between).toBe(true)
})

it('stops at the first fault and keeps what was good', () => {
  const reader = new MessageReader({ create: (head) => new WireRequest(head) })
  reader.push(Buffer.concat([bytes, Buffer.from('GET /\n')]))
  reader.push(bytes)
  expect(reader.error?.message).toContain('bare LF')
  expect(reader.messages).toHaveLength(2)
})

it('forgets what it need not keep', () => {
  const reader = new MessageReader({ create: (head) => new WireRequest(head), keep: 2 })
  for (const byte of bytes) reader.push(Buffer.of(byte))
  expect(reader.messages.map(({ body, bodyLength }) => [body.toString(), bodyLength])).toEqual([
    ['ab', 5],
    ['wx', 4],
  ])
})
