import { bytesBody, type JsonLimitsOptions, jsonLimits, StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { posted, tried } from './kit.js'

const limited =
  (options: JsonLimitsOptions = {}) =>
  (events: JsonLimitsOptions['events']) =>
    jsonLimits({ ...options, events })

describe('jsonLimits', () => {
  it('lets what is within limits pass, as the bytes that came', async () => {
    const text = '{ "a" : [1, 2.50, "\\u0061"] }\n'
    const { status, passed } = await tried(limited(), posted(text))
    expect(status).toBe(200)
    expect(Buffer.from((passed!.body as { bytes: Uint8Array }).bytes).toString()).toBe(text)
  })

  it.each([
    [{ maxDepth: 2 }, '[[[]]]', 'more than 2 levels'],
    [{ maxItems: 2 }, '[1,2,3]', 'an array of more than 2 items'],
    [{ maxMembers: 1 }, '{"a":1,"b":2}', 'an object of more than 1 members'],
    [{ maxStringLength: 3 }, '["abcd"]', 'a string of more than 3 characters'],
    [{}, '{"a":1,"a":2}', 'a name that stands twice in one object'],
    [{ unsafeNumbers: 'refuse' }, '1e400', 'a number that not every reader can hold'],
    [{}, '['.repeat(65), 'more than 64 levels'],
  ] as const)('%j refuses %s with 400, and says why', async (options, text, words) => {
    const { status, json, denied } = await tried(limited(options), posted(text))
    expect([status, json.detail, denied[0]!.why]).toEqual([400, `The body holds ${words}.`, `The body holds ${words}.`])
  })

  it.each([
    ['{"a":1', 'cut short'],
    ["{'a':1}", 'JSON5, in whose quotes ours would be lost'],
    ['\ufeff{}', 'with a byte order mark'],
    ['{}{}', 'two values'],
    ['{"a":1}\n{"a":2}', 'NDJSON'],
    ['NaN', 'no number of JSON'],
    ['[1,]', 'with a comma too many'],
    ['"\u0000"', 'with a bare control character'],
  ])('H-160 %j (%s) is no JSON: 400', async (text) => {
    expect(await tried(limited(), posted(text))).toMatchObject({
      status: 400,
      json: { detail: 'The body is not JSON.' },
    })
  })

  it('H-160 lone surrogates and NUL, escaped, are JSON; bytes that are not UTF-8 are not', async () => {
    expect((await tried(limited(), posted('["\\ud800","\\u0000"]'))).status).toBe(200)
    const body = bytesBody(Uint8Array.of(0x22, 0xc0, 0xbc, 0x22))
    expect((await tried(limited(), posted('', { body }))).json.detail).toBe('The body is not in UTF-8.')
  })

  it('H-160 a hundred thousand levels are refused before anybody follows them', async () => {
    const { status } = await tried(limited(), posted('['.repeat(100_000) + ']'.repeat(100_000)))
    expect(status).toBe(400)
  })

  it('H-201 100,000 names that look like numbers are refused before a map is made of them', async () => {
    const names = Array.from({ length: 100_000 }, (_, at) => `"${at * 2 ** 20}":1`)
    const { json } = await tried(limited(), posted(`{${names.join(',')}}`, {}))
    expect(json.detail).toBe('The body must be no longer than 1048576 bytes.')
    const wide = await tried(limited({ maxBytes: 1e7 }), posted(`{${names.join(',')}}`))
    expect(wide.json.detail).toBe('The body holds an object of more than 1000 members.')
  })

  it('H-157 a body past maxBytes is a 413, known or chunked, and no more of it is read', async () => {
    expect((await tried(limited({ maxBytes: 4 }), posted('[1,2]'))).status).toBe(413)
    let cancelled = false
    const body = new StreamBody(
      {
        pause() {},
        resume() {},
        cancel: () => {
          cancelled = true
        },
      },
      undefined,
    )
    const trying = tried(limited({ maxBytes: 4 }), posted('', { body }))
    body.push(Buffer.from('[1,'))
    body.push(Buffer.from('22'))
    expect((await trying).status).toBe(413)
    expect(cancelled).toBe(true)
  })

  it('H-157 what the source fails with is not a denial', async () => {
    const body = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
    const trying = jsonLimits()(posted('', { body }), async () => expect.fail('passed'))
    body.fail(new Error('gone'))
    await expect(trying).rejects.toThrow('gone')
  })

  it.each([
    'application/json garbage',
    'application/json\t; x',
    'application/json, text/plain',
    'application/json; charset=utf-8; charset=utf-16',
    'application /json',
    'application/json;charset="utf-8',
    'json',
    '',
  ])('H-203 Content-Type %j is none: 415, whatever its reader would make of it', async (type) => {
    expect((await tried(limited(), posted('[', { type }))).status).toBe(415)
  })

  it.each([
    ['application/json'],
    ['Application/JSON ; charset=UTF-8'],
    ['application/problem+json'],
    ['text/json;'],
    ['application/json; profile="a;b"'],
  ])('H-203 Content-Type %j is JSON', async (type) => {
    expect((await tried(limited(), posted('[', { type }))).status).toBe(400)
  })

  it.each([
    [{ 'content-encoding': 'gzip' }, 'accept-encoding'],
    [{ 'content-encoding': 'identity, br' }, 'accept-encoding'],
    [{ 'content-type': 'application/json; charset=utf-16' }, 'cache-control'],
  ])('H-203 with %j it can’t be read as it will be: 415', async (headers, field) => {
    const { status, reply } = await tried(limited(), posted('{}', { headers }))
    expect([status, reply.headers[field] !== undefined]).toEqual([415, true])
  })

  it('what is not said to be JSON passes unread, or is refused', async () => {
    const other = posted('['.repeat(100), { type: 'text/plain' })
    const none = asked('/', { method: 'POST', body: bytesBody('[') })
    expect((await tried(limited(), other)).passed).toBe(other)
    expect((await tried(limited(), none)).passed).toBe(none)
    const refused = await tried(limited({ otherTypes: 'refuse' }), other)
    expect([refused.status, refused.reply.headers['accept']]).toEqual([415, 'application/json'])
    expect((await tried(limited({ otherTypes: 'refuse' }), none)).status).toBe(415)
  })

  it.each(['GET', 'HEAD', 'DELETE', 'POST'])('%s without a body, or an upgrade, passes as it is', async (method) => {
    const exchange = asked('/', { method, headers: { 'content-type': 'application/json' } })
    expect((await tried(limited({ otherTypes: 'refuse' }), exchange)).passed).toBe(exchange)
    const upgrade = asked('/', { upgrade: true })
    expect((await tried(limited(), upgrade)).passed).toBe(upgrade)
  })

  it('reads a body of a method that seldom has one', async () => {
    expect((await tried(limited(), posted('[', { method: 'GET' }))).status).toBe(400)
  })

  it.each([
    [{ maxDepth: 0 }, 'maxDepth'],
    [{ maxDepth: 1_001 }, 'maxDepth'],
    [{ maxBytes: Number.NaN }, 'maxBytes'],
    [{ duplicateNames: 'yes' }, 'duplicateNames'],
    [{ depth: 3 }, 'depth'],
  ])('refuses the options %j at construction', (options, name) => {
    expect(() => jsonLimits(options as never)).toThrow(`"${name}"`)
  })
})
