import { EdgeError, StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { watched } from '../../../../src/filters/limits/watched-body.js'

function source() {
  const calls: string[] = []
  const body = new StreamBody(
    {
      open: () => calls.push('open'),
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
      cancel: () => calls.push('cancel'),
    },
    7,
  )
  return { body, calls }
}

describe('a watched body', () => {
  it('tells of what goes by, with back-pressure, and keeps length and the untouched state', () => {
    const { body, calls } = source()
    const told: unknown[] = []
    const { body: seen } = watched(body, {
      wait: () => told.push('wait'),
      rest: () => told.push('rest'),
      chunk: (bytes) => {
        told.push(bytes)
        return null
      },
      closed: () => told.push('closed'),
    })
    expect([seen.length, seen.untouched, body.untouched, calls]).toEqual([7, true, true, []])
    const got: string[] = []
    seen.attach({
      write: (chunk) => got.push(Buffer.from(chunk).toString()) > 1,
      end: () => got.push('end'),
      fail: () => {},
    })
    body.push(Buffer.from('abc'))
    expect([told, calls]).toEqual([
      ['wait', 3, 'rest'],
      ['open', 'pause'],
    ])
    seen.resume()
    body.push(Buffer.from('defg'))
    body.end()
    expect([told.slice(3), got, calls]).toEqual([
      ['wait', 4, 'closed'],
      ['abc', 'defg', 'end'],
      ['open', 'pause', 'resume'],
    ])
  })

  it('can be broken by a chunk, or by anybody, on both sides and once', () => {
    const error = new EdgeError('ERR_EDGE_BODY_TOO_LARGE', 'x')
    for (const breaks of ['chunk', 'call'] as const) {
      const { body, calls } = source()
      const errors: Error[] = []
      const seen = watched(body, { chunk: () => (breaks === 'chunk' ? error : null) })
      seen.body.attach({ write: () => true, end: () => {}, fail: (each) => errors.push(each) })
      body.push(Buffer.from('abc'))
      if (breaks === 'call') seen.break(error)
      seen.break(new Error('again'))
      body.push(Buffer.from('d'))
      expect([errors, calls.at(-1), seen.body.received]).toEqual([[error], 'cancel', breaks === 'call' ? 3 : 0])
    }
  })

  it('lets its source go when the reader does', () => {
    const { body, calls } = source()
    const { body: seen } = watched(body, { chunk: () => null })
    seen.cancel(new Error('enough'))
    expect([calls, body.failure?.message]).toEqual([['cancel'], 'enough'])
  })
})
