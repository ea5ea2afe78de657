import { allowMethods } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { statusOf } from '../asked.js'

describe('allowed methods', () => {
  it.each([
    ['GET', 200],
    ['HEAD', 200],
    ['PURGE', 200],
    ['POST', 405],
    ['OPTIONS', 405],
    ['get', 405],
    ['GET ', 405],
  ])('%j of GET and PURGE is %i', async (method, status) => {
    expect(await statusOf((events) => allowMethods({ methods: ['GET', 'PURGE'], events }), { method })).toBe(status)
  })

  it.each([[{}], [{ methods: [] }], [{ methods: ['A B'] }], [{ methods: 'GET' }]])('H-155 refuse %j', (options) =>
    expect(() => allowMethods(options as never)).toThrow(/"methods".*an array of method names/),
  )
})
