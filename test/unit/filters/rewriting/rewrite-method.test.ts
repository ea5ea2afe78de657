import { type RewriteMethodOptions, rewriteMethod } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'

const sent = async (options: RewriteMethodOptions, odd: Asked): Promise<string> =>
  (await ran(rewriteMethod(options), asked('/x', odd))).passed!.method

describe('rewriteMethod', () => {
  it.each<[RewriteMethodOptions, Asked, string]>([
    [{ to: 'POST' }, { method: 'PUT' }, 'POST'],
    [{ from: ['PUT'], to: 'POST' }, { method: 'PUT' }, 'POST'],
    [{ from: ['PUT'], to: 'POST' }, { method: 'GET' }, 'GET'],
    [{ to: () => undefined }, { method: 'PUT' }, 'PUT'],
    [{ to: ({ headers }) => headers['x-m'] as string }, { method: 'POST', headers: { 'x-m': 'PATCH' } }, 'PATCH'],
    [{ to: 'POST' }, { upgrade: true }, 'GET'],
  ])('%o with %o sends %s', async (options, odd, method) => expect(await sent(options, odd)).toBe(method))

  it('passes on the very exchange where nothing is to do', async () => {
    const exchange = asked('/x')
    expect((await ran(rewriteMethod({ to: 'GET' }), exchange)).passed).toBe(exchange)
  })

  it.each(['A\r\nB', 'A B', '', 'CONNECT', 'TRACE', 5])('H-153 a function that returns %j fails', async (method) =>
    expect(sent({ to: (() => method) as never }, {})).rejects.toMatchObject({ code: 'ERR_EDGE_BAD_VALUE' }),
  )

  it('H-096 an async function fails, and is no unhandled rejection', async () => {
    const to = async () => Promise.reject(new Error('late'))
    await expect(sent({ to: to as never }, {})).rejects.toMatchObject({ code: 'ERR_EDGE_BAD_VALUE' })
  })

  it('explains what it would send', () => {
    const filter = rewriteMethod({ from: ['PUT'], to: 'POST' })
    expect(filter.explain!(asked('/', { method: 'PUT' }))).toMatchObject({ verdict: 'change', why: 'sends POST' })
    expect(filter.explain!(asked('/'))).toMatchObject({ verdict: 'pass' })
  })

  it.each([
    [{}, /option "to" is undefined/],
    [{ to: 'a b' }, /a method other than CONNECT and TRACE/],
    [{ to: 'CONNECT' }, /a method other than CONNECT and TRACE/],
    [{ to: 'POST', from: 'PUT' }, /an array of strings/],
  ])('H-155 refuses %o', (options, message) => expect(() => rewriteMethod(options as never)).toThrow(message))
})
