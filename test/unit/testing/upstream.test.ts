import { describe, expect, it } from 'vitest'
import { bytes, echo, eventually, json, pseudoRandom, sha256, slow, status, upstream } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { afterReplies, parseReplies } from '../../support/replies.js'

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n'

describe('upstream', () => {
  it('describes the request, and counts', async () => {
    await using far = await upstream(undefined, { name: 'one' })
    const body = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi'
    const [reply] = parseReplies((await raw(far.port, body, { until: afterReplies(1) })).bytes)
    expect(reply?.header('x-upstream')).toBe('one')
    expect(JSON.parse(String(reply?.body))).toMatchObject({
      method: 'POST',
      url: '/a',
      body: 'hi',
      headers: { host: 'x' },
    })
    expect(far.requests).toMatchObject([{ method: 'POST', url: '/a', outcome: 'done' }])
    expect([far.hits, far.accepted]).toEqual([1, 1])
    await eventually(() => far.connections === 0)
  })

  it('stops under its clients and comes back on the same port', async () => {
    const far = await upstream(status(204))
    const idle = await rawOpen(far.port)
    await far.stop()
    await far.stop()
    expect(await idle.closed).not.toBe('open')
    await expect(rawOpen(far.port)).rejects.toThrow('ECONNREFUSED')
    await far.restart()
    expect((await raw(far.port, GET, { until: afterReplies(1) })).text).toMatch(/^HTTP\/1.1 204/)
    await far.stop()
  })

  it('tells what its handler threw, and keeps no record if told so', async () => {
    const far = await upstream(
      async () => {
        throw new Error('handler')
      },
      { record: false },
    )
    expect((await raw(far.port, GET)).ended).toBe('closed')
    expect([far.hits, far.requests.length]).toEqual([1, 0])
    await expect(far.stop()).rejects.toThrow('handler')
  })
})

describe('behaviours', () => {
  it('json and status', async () => {
    await using one = await upstream(json({ a: 1 }, 201))
    await using two = await upstream(status(503, 'no'))
    const [first] = parseReplies((await raw(one.port, GET, { until: afterReplies(1) })).bytes)
    const [second] = parseReplies((await raw(two.port, GET, { until: afterReplies(1) })).bytes)
    expect([first?.status, String(first?.body)]).toEqual([201, '{"a":1}'])
    expect(second?.status).toBe(503)
  })

  it('echo streams the body back', async () => {
    await using far = await upstream(echo)
    await using client = await rawOpen(far.port)
    await client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\nab')
    await client.waitFor(/a\/b[\s\S]*2\r\nab/)
    await client.write('cd')
    await client.waitFor(/cd\r\n0\r\n\r\n$/)
  })

  it('slow answers late, or not at all when the client left', async () => {
    await using far = await upstream(slow(20, json(1)))
    await raw(far.port, GET, { until: afterReplies(1) })
    await raw(far.port, [GET, () => eventually(() => far.hits === 2), 'rst'])
    await eventually(() => far.requests[1]?.outcome === 'aborted')
  })

  it.each([false, true])('bytes gives the promised bytes, chunked: %s', async (chunked) => {
    await using far = await upstream(bytes(1_000_000, { seed: 3, chunked }))
    const [reply] = parseReplies((await raw(far.port, GET, { until: (text) => afterReplies(1)(text) })).bytes)
    expect(reply?.body.length).toBe(1_000_000)
    expect(await sha256(reply!.body)).toBe(await sha256(pseudoRandom(1_000_000, 3)))
    expect(await sha256(pseudoRandom(1_000_000, 4))).not.toBe(await sha256(pseudoRandom(1_000_000, 3)))
  })
})
