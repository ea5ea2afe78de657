import type { ServerResponse } from 'node:http'
import { Agent } from 'node:http'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/index.js'
import { cached } from './cached.js'

const CROWD = 1_000

describe('a thousand identical misses', () => {
  it('H-181 are one request to the upstream', async () => {
    let letGo = (): void => {}
    const release = new Promise<void>((resolve) => {
      letGo = resolve
    })
    await using front = await cached(async (_request, response) => {
      await release
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end('shared')
    })
    const agent = new Agent({ keepAlive: false, maxSockets: CROWD })
    const all = Array.from({ length: CROWD }, () => front.get('/', { agent }))
    await eventually(() => front.front.gateway.traffic.requests === CROWD, { timeoutMs: 10_000 })
    letGo()
    const answers = await Promise.all(all)
    expect(answers.every(({ status, body }) => status === 200 && body === 'shared')).toBe(true)
    expect(front.far.hits).toBe(1)
  }, 30_000)

  it.each([
    ['cuts its connection', (response: ServerResponse) => response.destroy()],
    [
      'breaks off in its body',
      (response: ServerResponse) => {
        response.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': 100 }).write('half')
        setImmediate(() => response.destroy())
      },
    ],
    ['answers 503', (response: ServerResponse) => response.writeHead(503).end('no')],
  ])(
    'H-181 none fails that would not have failed alone: the leader’s upstream %s',
    async (_, fail) => {
      let letGo = (): void => {}
      const release = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let count = 0
      await using front = await cached(async (_request, response) => {
        const first = ++count === 1
        await release
        if (first) fail(response)
        else response.writeHead(200, { 'cache-control': 'max-age=60' }).end('shared')
      })
      const agent = new Agent({ keepAlive: false, maxSockets: CROWD })
      const all = Array.from({ length: CROWD }, () =>
        front.get('/', { agent }).then(
          ({ status, body }) => `${status} ${body}`,
          () => 'broken',
        ),
      )
      await eventually(() => front.front.gateway.traffic.requests === CROWD, { timeoutMs: 10_000 })
      letGo()
      const answers = await Promise.all(all)
      const failed = answers.filter((answer) => answer !== '200 shared')
      expect(failed.length, failed[1]).toBeLessThanOrEqual(1)
      expect(front.far.hits).toBeLessThanOrEqual(3)
    },
    30_000,
  )
})
