import { EdgeError, reply, requestId, requestIdOf } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('requestId', () => {
  it('gives upstream, client and exchange the same id, another for each request', async () => {
    const filter = requestId()
    const exchange = asked('/')
    const { passed, reply: answer } = await ran(filter, exchange)
    const id = requestIdOf(exchange)
    expect(id).toMatch(UUID)
    expect([passed!.headers['x-request-id'], answer.headers['x-request-id'], requestIdOf(passed!)]).toEqual([
      id,
      id,
      id,
    ])
    expect((await ran(filter, asked('/'))).reply.headers['x-request-id']).not.toBe(id)
  })

  it.each([
    ['never', true, false],
    ['trusted', true, true],
    ['trusted', false, false],
    ['always', false, true],
  ] as const)('accept %s, peer trusted %s: takes an id over: %s', async (accept, trusted, taken) => {
    const filter = requestId({ accept })
    const { passed } = await ran(filter, asked('/', { headers: { 'x-request-id': 'abc-1' }, client: { trusted } }))
    expect(passed!.headers['x-request-id'] === 'abc-1').toBe(taken)
  })

  it.each([['a'.repeat(129)], [''], ['a b'], ['a\u001b[31m'], ['"a"'], ['ä'], ['a,b'], ['{{x}}']])(
    'H-195 never takes over %j, which would go into logs',
    async (value) => {
      const { passed } = await ran(requestId({ accept: 'always' }), asked('/', { headers: { 'x-request-id': value } }))
      expect(passed!.headers['x-request-id']).toMatch(UUID)
    },
  )

  it('is on failures that Edgewise answers, with what they failed with noted; not on others', async () => {
    const filter = requestId({ header: 'X-Id', generator: () => '7' })
    const exchange = asked('/')
    const { reply: answer } = await ran(filter, exchange, () => {
      throw new EdgeError('ERR_EDGE_NO_ENDPOINT', 'none', { headers: { 'retry-after': '1' } })
    })
    expect([answer.status, answer.headers['x-id'], answer.headers['retry-after']]).toEqual([503, '7', '1'])
    const atOnce = await filter(exchange, () => {
      throw new EdgeError('ERR_EDGE_CONNECT', 'thrown, not rejected')
    })
    expect([atOnce.status, atOnce.headers['x-id']]).toEqual([502, '7'])
    const other = new Error('mine')
    await expect(ran(filter, exchange, () => Promise.reject(other))).rejects.toBe(other)
  })

  it('may keep it from the client', async () => {
    const { passed, reply: answer } = await ran(requestId({ tellClient: false }), asked('/'), () => reply(200, 'ok'))
    expect(passed!.headers['x-request-id']).toMatch(UUID)
    expect(answer.headers['x-request-id']).toBeUndefined()
  })

  it('explains, and refuses a name that is none', () => {
    expect(requestId().explain?.(asked('/'))).toMatchObject({ verdict: 'change', why: 'sets x-request-id' })
    expect(() => requestId({ header: 'x id' })).toThrow('a field name')
    expect(() => requestId({ acept: 'never' } as never)).toThrow('Did you mean "accept"')
  })
})
