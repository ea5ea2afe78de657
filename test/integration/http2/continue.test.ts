import { type Filter, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { answerOf, h2Client, upstream } from '../../support/index.js'
import { http2Front } from './front.js'

const deny: Filter = async () => reply(413, 'too much')

describe('Expect: 100-continue over HTTP/2, with attachContinue', () => {
  it('lets the client go on when its body is first read, and does not go upstream', async () => {
    await using far = await upstream()
    await using front = await http2Front(far.url)
    await using client = h2Client(front.port)
    const stream = client.open('/x', { ':method': 'POST', expect: '100-continue' })
    const answer = answerOf(stream)
    await new Promise<void>((resolve) => stream.once('continue', () => resolve()))
    stream.end('hello')
    expect(JSON.parse((await answer).body)).toMatchObject({ body: 'hello' })
    expect(far.requests[0]!.headers.expect).toBeUndefined()
  })

  it('costs no upload where the request is denied', async () => {
    await using front = await http2Front('http://127.0.0.1:1', { gateway: { filters: [deny] } })
    await using client = h2Client(front.port)
    const stream = client.open('/x', { ':method': 'POST', expect: '100-continue' })
    let told = false
    stream.on('continue', () => {
      told = true
    })
    expect(await answerOf(stream)).toMatchObject({ status: 413, body: 'too much', reset: 0 })
    expect(told).toBe(false)
    await front.atRest()
  })
})
