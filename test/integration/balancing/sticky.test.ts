import { type Endpoint, type ForwardOptions, http1, type StickyCookieOptions, stickyCookie } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Upstream, upstream } from '../../support/index.js'
import { type Answer, ask } from '../client.js'
import { gatewayOver } from '../front.js'

async function shop(options: Partial<StickyCookieOptions<Endpoint>> = {}, forward: Partial<ForwardOptions> = {}) {
  const far: Upstream[] = []
  for (const name of 'abc') far.push(await upstream(undefined, { name }))
  const front = await gatewayOver(
    http1(),
    far.map(({ url, name }) => ({ url, name })),
    {
      forward,
      pool: { balancer: stickyCookie({ name: 'shop', secret: 'a secret of sufficient length', ...options }) },
    },
  )
  return {
    far,
    front,
    get: (cookie?: string) => ask(front.port, '/', cookie === undefined ? {} : { headers: { cookie } }),
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      for (const each of far) await each.stop()
    },
  }
}

const served = (answer: Answer): unknown => answer.headers['x-upstream']
/** What a browser sends back. */
const jar = (answer: Answer): string => answer.headers['set-cookie']![0]!.split(';')[0]!

describe('a sticky cookie, over sockets', () => {
  it('is set with the first reply and keeps the client on its endpoint', async () => {
    await using the = await shop()
    const first = await the.get()
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(/^shop=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/),
    ])
    for (let request = 0; request < 6; request++) {
      const again = await the.get(`theme=dark; ${jar(first)}`)
      expect([served(again), again.headers['set-cookie']]).toEqual([served(first), undefined])
    }
  })

  it('is read before fields are taken away for the upstream', async () => {
    await using the = await shop({}, { requestHeaders: { remove: ['cookie'] } })
    const first = await the.get()
    for (let request = 0; request < 4; request++) expect(served(await the.get(jar(first)))).toBe(served(first))
  })

  it('H-112 leads to another endpoint, and a new cookie, while its own is out of service', async () => {
    await using the = await shop()
    const first = await the.get()
    the.front.pool.maintenance(String(served(first)))
    const second = await the.get(jar(first))
    expect(served(second)).not.toBe(served(first))
    the.front.pool.ready(String(served(first)))
    const third = await the.get(jar(second))
    expect([served(third), third.headers['set-cookie']]).toEqual([served(second), undefined])
  })

  it('H-112 leads to another endpoint when its own is gone, or refuses connections', async () => {
    await using the = await shop()
    const first = await the.get()
    const other = await the.get()
    await the.front.pool.remove(String(served(first)))
    const second = await the.get(jar(first))
    expect([second.status, served(second) !== served(first)]).toEqual([200, true])
    await the.far.find(({ name }) => name === served(other))!.stop()
    const third = await the.get(jar(other))
    expect([third.status, served(third) !== served(other)]).toEqual([200, true])
    expect(jar(third)).not.toBe(jar(other))
  })

  it('H-112 of somebody else is ignored: forged, for another path, or naming an address', async () => {
    await using the = await shop()
    const [first, second] = [await the.get(), await the.get()]
    const forged = [
      'shop=http://169.254.169.254/',
      `shop=${served(first)}`,
      `shop=${'A'.repeat(22)}`,
      `shop=${'A'.repeat(4_000)}`,
      `${jar(first)}; ${jar(second)}`,
    ]
    for (const cookie of forged) {
      const answer = await the.get(cookie)
      expect(answer.status).toBe(200)
      expect(answer.headers['set-cookie']).toHaveLength(1)
    }
  })

  it('stands beside the cookies of the upstream', async () => {
    const far = await upstream((_request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']).end()
    })
    await using front = await gatewayOver(http1(), [far.url], {
      pool: { balancer: stickyCookie({ name: 'shop' }) },
    })
    const { headers } = await ask(front.port)
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2', expect.stringMatching(/^shop=/)])
    await far.stop()
  })
})
