import { createHash } from 'node:crypto'
import { forward, type HttpSignatureOptions, httpSignature, memoryReplayStore } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { request, said, talk } from '../../../adapters/contract/kit.js'
import { parseReplies, raw, upstream } from '../../../support/index.js'
import { keys, signedFields } from '../../../unit/filters/auth/signatures/signed.js'
import { type Served, served } from '../../access/served.js'

const BODY = 'x'.repeat(200_000)
const EVIL = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n'

/** The header lines of a signed POST to /x. */
async function linesFor(body: string, nonce = 'n1'): Promise<string> {
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const fields = await signedFields('http://a.test/x', {
    method: 'POST',
    headers: { 'Content-Digest': digest },
    components: ['@method', '@target-uri', 'content-digest'],
    params: { created: new Date(), nonce },
  })
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
}

const chunks = (body: string, size: number): string[] =>
  body.match(new RegExp(`.{1,${size}}`, 'gs'))!.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)

const post = (lines: string, more: string): string => `POST /x HTTP/1.1\r\nHost: a.test\r\n${lines}${more}\r\n\r\n`

const over = (url: string, more: Partial<HttpSignatureOptions> = {}): Promise<Served> =>
  served((events) => httpSignature({ keys, events, ...more }), forward(url))

describe('a signed body', () => {
  it('goes on whole, however it came', async () => {
    await using far = await upstream()
    await using edge = await over(far.url)
    const lines = await linesFor(BODY)
    const whole = request('/x', { method: 'POST', fields: lines, body: BODY })
    const chunked = [
      post(lines, 'Connection: close\r\nTransfer-Encoding: chunked'),
      ...chunks(BODY, 30_000),
      '0\r\n\r\n',
    ]
    for (const bytes of [whole, chunked]) {
      const { reply: answer } = await talk(edge.port, bytes, 'POST')
      expect([answer.status, said(answer).body.length]).toEqual([200, BODY.length])
    }
    expect(far.requests.map(({ headers }) => headers['content-length'])).toEqual(['200000', '200000'])
  })

  it.each([
    ['a stated length', async (lines: string) => [post(lines, 'Content-Length: 200000'), EVIL]],
    [
      'chunks',
      async (lines: string) => [post(lines, 'Transfer-Encoding: chunked'), ...chunks(BODY, 30_000), `0\r\n\r\n${EVIL}`],
    ],
  ])('H-003 past the limit by %s is a 413, and nothing behind it a request', async (_how, bytes) => {
    await using far = await upstream()
    await using edge = await over(far.url, { maxBodyBytes: 100_000 })
    const { bytes: received } = await raw(edge.port, await bytes(await linesFor(BODY)), { hold: 200 })
    const replies = parseReplies(received, { methods: ['POST', 'GET'], closed: true })
    expect(replies.map(({ status }) => status)).toEqual([413])
    expect([far.hits, edge.denied[0]!.status]).toEqual([0, 413])
  })

  it('that its client leaves unfinished is no denial, reaches nobody and spends no nonce', async () => {
    await using far = await upstream()
    await using edge = await over(far.url, { replayStore: memoryReplayStore() })
    const lines = await linesFor(BODY)
    await raw(edge.port, [post(lines, 'Content-Length: 200000'), BODY.slice(0, 1_000), (socket) => socket.reset()])
    const [outcome] = await edge.settled(1)
    expect([outcome!.termination.who, far.hits, edge.denied]).toEqual(['client', 0, []])
    const again = request('/x', { method: 'POST', fields: lines, body: BODY })
    expect((await talk(edge.port, again, 'POST')).reply.status).toBe(200)
    expect((await talk(edge.port, again, 'POST')).reply.status).toBe(401)
    expect(edge.denied.map(({ why }) => why)).toEqual(['the nonce has come before'])
  })
})
