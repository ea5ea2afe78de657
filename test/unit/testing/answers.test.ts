import { answers, upstream } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'

async function statuses(url: string, count: number): Promise<number[]> {
  const all: number[] = []
  for (let at = 0; at < count; at++) {
    const reply = await fetch(url)
    all.push(reply.status)
    await reply.arrayBuffer()
  }
  return all
}

describe('answers', () => {
  it('go in turn, the last one on and on', async () => {
    await using far = await upstream(answers.inTurn(answers.status(503), answers.status(429), answers.json({}, 201)))
    expect(await statuses(far.url, 4)).toEqual([503, 429, 201, 201])
  })

  it('come as a burst of errors, and then as always', async () => {
    await using far = await upstream(answers.burst(503, 3))
    expect(await statuses(far.url, 5)).toEqual([503, 503, 503, 200, 200])
  })
})
