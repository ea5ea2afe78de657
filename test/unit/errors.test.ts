import { describe, expect, it, vi } from 'vitest'
import { asError, EdgeError, type EdgeErrorCode, ERROR_TABLE, errorCode } from '../../src/errors.js'

describe('EdgeError', () => {
  it.each(Object.keys(ERROR_TABLE) as EdgeErrorCode[])(
    '%s carries code, status, source and whether it may be tried elsewhere',
    (code) => {
      const error = new EdgeError(code, 'why')
      expect(error).toBeInstanceOf(Error)
      expect(error).toMatchObject({ code, name: 'EdgeError', message: 'why', status: ERROR_TABLE[code].status })
      expect(error.status).toBeGreaterThanOrEqual(400)
      expect(['client', 'upstream', 'edge']).toContain(error.source)
      expect(error.retryable).toBe(
        ['ERR_EDGE_STREAM_REFUSED', 'ERR_EDGE_CONNECT', 'ERR_EDGE_CONNECT_TIMEOUT', 'ERR_EDGE_TLS'].includes(code),
      )
    },
  )

  it('keeps its cause and its reply fields, and has none unless given', () => {
    const cause = new Error('below')
    const error = new EdgeError('ERR_EDGE_CONNECT', 'why', { cause, headers: { 'retry-after': '1' } })
    expect([error.cause, error.headers]).toEqual([cause, { 'retry-after': '1' }])
    expect('cause' in new EdgeError('ERR_EDGE_CONNECT', 'why')).toBe(false)
  })

  it('is recognised across two copies of the package, in both directions', async () => {
    vi.resetModules()
    const copy = await import('../../src/errors.js')
    expect(copy.EdgeError).not.toBe(EdgeError)
    expect(new copy.EdgeError('ERR_EDGE_LOOP', 'x')).toBeInstanceOf(EdgeError)
    expect(new EdgeError('ERR_EDGE_LOOP', 'x')).toBeInstanceOf(copy.EdgeError)
  })

  it('is nothing that only looks like one', () => {
    for (const value of [null, undefined, 'x', new Error('x'), { code: 'ERR_EDGE_LOOP', status: 508 }, () => {}])
      expect(value instanceof EdgeError).toBe(false)
  })

  it('its brand is not copied, logged or serialised', () => {
    const error = new EdgeError('ERR_EDGE_LOOP', 'x')
    expect({ ...error } instanceof EdgeError).toBe(false)
    expect(Object.keys(error)).not.toContain('brand')
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'ERR_EDGE_LOOP', status: 508 })
  })
})

describe('asError and errorCode', () => {
  it('let anything thrown be looked at', () => {
    const error = new Error('x')
    expect(asError(error)).toBe(error)
    expect(asError('text')).toMatchObject({ message: 'text', cause: 'text' })
    expect(asError(undefined)).toBeInstanceOf(Error)
  })

  it('find a code in an error or its causes, and never loop', () => {
    expect(errorCode({ code: 'A' })).toBe('A')
    expect(errorCode(new Error('x', { cause: { cause: { code: 'B' } } }))).toBe('B')
    expect([errorCode(null), errorCode('x'), errorCode({ code: 5 })]).toEqual(['', '', ''])
    const loop: { cause?: unknown } = {}
    loop.cause = loop
    expect(errorCode(loop)).toBe('')
  })
})
