import { problem } from 'edgewise'
import { describe, expect, it } from 'vitest'

const read = (body: ReturnType<typeof problem>['body']): unknown =>
  JSON.parse(Buffer.from((body as { bytes: Uint8Array }).bytes).toString())

describe('a problem', () => {
  it('is RFC 9457 in JSON, not to be stored, with what the status says for itself', () => {
    const { status, headers, body } = problem({ status: 410 })
    expect(status).toBe(410)
    expect({ ...headers }).toEqual({ 'cache-control': 'no-store', 'content-type': 'application/problem+json' })
    expect(read(body)).toEqual({ type: 'about:blank', title: 'Gone', status: 410 })
  })

  it('takes a type, words and members of its own', () => {
    const details = {
      status: 403,
      type: 'https://a.test/credit',
      title: 'No credit',
      detail: 'Balance is 30.',
      balance: 30,
    }
    expect(read(problem(details).body)).toEqual(details)
  })

  it('takes fields, which may say how long it may be stored, and not what it is', () => {
    const { headers } = problem(
      { status: 404 },
      { 'Cache-Control': 'max-age=5', 'Content-Type': 'text/html', allow: 'GET' },
    )
    expect({ ...headers }).toEqual({
      'cache-control': 'max-age=5',
      'content-type': 'application/problem+json',
      allow: 'GET',
    })
  })

  it('has words for a status that nobody knows', () =>
    expect(read(problem({ status: 599 }).body)).toMatchObject({ title: 'Error' }))
})
