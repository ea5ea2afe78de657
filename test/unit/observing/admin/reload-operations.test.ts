import { describe, expect, it } from 'vitest'
import { apiOver } from './kit.js'

const failing = (error: unknown) => apiOver({ reload: () => Promise.reject(error) })

describe('a reload', () => {
  it('is carried out, one at a time', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let runs = 0
    const { ask, told } = apiOver({ reload: () => gates[runs++]!.promise })
    const first = ask('POST /reload')
    expect(await ask('POST /reload')).toMatchObject({ status: 409, json: { detail: 'A reload is under way.' } })
    gates[0]!.resolve()
    expect((await first).json).toEqual({ reloaded: true })
    gates[1]!.reject(new Error('no'))
    expect((await ask('POST /reload')).status).toBe(422)
    expect(told.map(({ action, result }) => `${action} ${result}`)).toEqual([
      'reload refused',
      'reload done',
      'reload refused',
    ])
  })

  it('tells what is wrong, with file, line and path', async () => {
    const place = { file: 'edge.yaml', line: 14, column: 7, path: 'routes[2].filters[0]' }
    const error = Object.assign(new Error('edge.yaml:14:7 routes[2].filters[0]: unknown filter "jwtt"'), place)
    expect(await failing(error).ask('POST /reload')).toMatchObject({
      status: 422,
      json: { detail: error.message, errors: [{ detail: error.message, ...place }] },
    })
  })

  it('tells everything that is wrong at once, up to a hundred', async () => {
    const errors = Array.from({ length: 150 }, (_, line) => Object.assign(new Error('no'), { line }))
    const { json } = await failing(new AggregateError(errors, 'several')).ask('POST /reload')
    expect([json.detail, json.errors.length, json.errors[99]]).toEqual(['several', 100, { detail: 'no', line: 99 }])
    const problems = [
      { message: 'a', line: 1 },
      { message: 'b', path: 'pools' },
    ]
    const told = await failing(Object.assign(new Error('two'), { problems })).ask('POST /reload')
    expect(told.json.errors).toEqual([
      { detail: 'a', line: 1 },
      { detail: 'b', path: 'pools' },
    ])
  })

  it.each([[null], [undefined], ['a text'], [{}]])('survives a function that rejects with %j', async (error) => {
    expect((await failing(error).ask('POST /reload')).status).toBe(422)
  })

  it('takes a function that is not async', async () => {
    expect((await apiOver({ reload: () => {} }).ask('POST /reload')).status).toBe(200)
  })
})

describe('certificates', () => {
  it('are read again, all of them', async () => {
    const read: string[] = []
    const one = { reload: async () => read.push('one') > 0 }
    const { ask } = apiOver({ certificates: { one, two: { reload: async () => read.push('two') > 0 } } })
    expect((await ask('POST /certificates/reload')).json).toEqual({ certificates: ['one', 'two'] })
    expect(read).toEqual(['one', 'two'])
  })

  it('that can’t be used are named', async () => {
    const certificates = { one: { reload: async () => true }, two: { reload: async () => false } }
    const said = await apiOver({ certificates }).ask('POST /certificates/reload')
    expect(said).toMatchObject({ status: 422, json: { detail: expect.stringContaining('stay: two.') } })
  })
})
