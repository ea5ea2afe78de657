import { Readable } from 'node:stream'
import { createPool, fromReadable } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { named } from '../../upstream/pool-kit.js'
import { apiOver } from './kit.js'

const api = () => apiOver({ pools: [createPool({ name: 'users', endpoints: named('a') })] })
const WEIGHT = 'PUT /pools/users/endpoints/a/weight'

describe('a request', () => {
  it.each<[unknown, number, string]>([
    [Buffer.from('{"weight":'), 400, 'The body is not JSON.'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 400, 'The body is not in UTF-8.'],
    [Buffer.from('{"weight":1,"weight":2}'), 400, 'a name that stands twice'],
    [[1], 400, 'allowed: an object'],
    ['weight', 400, 'allowed: an object'],
    [null, 400, 'allowed: an object'],
    [{ wieght: 1 }, 400, 'unknown option "wieght". Did you mean "weight"? Known: weight'],
    [{ weight: 1, deadlineMs: 1 }, 400, 'unknown option "deadlineMs"'],
    [{ weight: 1.5 }, 400, 'allowed: a whole number from 0 to 65535'],
    [{}, 400, '"weight" is missing'],
    [Buffer.alloc(64 * 1024 + 1, ' '), 413, 'no longer than 65536 bytes'],
  ])('with the body %j is a %i', async (body, status, why) => {
    expect(await api().ask(WEIGHT, body)).toMatchObject({
      status,
      json: { detail: expect.stringContaining(why) },
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    })
  })

  it('with a body that never says how long it is, is read up to 64 KiB', async () => {
    const endless = fromReadable(
      Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(16_384, ' ')
        })(),
      ),
    )
    expect((await api().ask(WEIGHT, {}, { body: endless })).status).toBe(413)
  })

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['application/json, text/plain'],
    ['application/json garbage'],
    ['application/vnd.api+json'],
    [''],
  ])('whose body is said to be %j is a 415', async (type) => {
    const said = await api().ask(WEIGHT, { weight: 1 }, { headers: { 'content-type': type } })
    expect(said).toMatchObject({ status: 415, headers: { accept: 'application/json' } })
  })

  it('whose body is compressed is a 415', async () => {
    expect((await api().ask(WEIGHT, { weight: 1 }, { headers: { 'content-encoding': 'gzip' } })).status).toBe(415)
  })

  it('needs no body where there is nothing to say', async () => {
    expect((await api().ask('POST /pools/users/endpoints/a/drain')).status).toBe(200)
    expect((await api().ask('POST /pools/users/endpoints/a/drain', {})).status).toBe(200)
    expect((await api().ask('POST /pools/users/endpoints/a/drain', Buffer.alloc(0))).status).toBe(200)
  })

  it.each([
    ['?limit=0', 'allowed: a whole number from 1 to 1000'],
    ['?limit=1001', 'allowed: a whole number from 1 to 1000'],
    ['?limit=ten', 'allowed: a whole number'],
    ['?limit=1e2', 'allowed: a whole number'],
    ['?limit=', 'allowed: a whole number'],
    ['?offset=-1', 'allowed: a whole number from 0'],
    ['?limits=5', 'unknown option "limits". Did you mean "limit"?'],
    ['?constructor=5', 'unknown option "constructor"'],
    ['?__proto__=5', 'unknown option "__proto__"'],
    ['?limit=5&limit=6', '"limit" stands there more than once'],
  ])('with the query %s is a 400', async (query, why) => {
    expect(await api().ask(`GET /pools${query}`)).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining(why) },
    })
  })
})
