import { createPool, type Endpoint, type EndpointOptions, ringHash } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Upstream, upstream } from '../../support/index.js'
import { installed } from '../../support/program.js'
import { byKey, keyed } from '../../unit/balancing/keyed.js'
import { hashingNginx } from './hash-nginx.js'

/** User ids, paths, addresses, and fields with bytes that are no ASCII. */
const KEYS = Array.from({ length: 10_000 }, (_, at) => {
  const forms = [`user-${at}`, `/a/${at}/b?c=${at * 31}`, `10.${at >> 8}.0.${at & 255}`, `\u00e9\u00df${at}\u00ff`]
  return forms[at % forms.length]!
})

/** Where our ring sends each key, over a pool's endpoints. */
async function picks(options: readonly EndpointOptions[], skip: (endpoint: Endpoint) => boolean): Promise<string[]> {
  await using pool = createPool({ name: 'nginx', endpoints: options })
  const balancer = ringHash<Endpoint>({ key: byKey, compatibleWith: 'nginx' })
  balancer.rebuild(pool.endpoints)
  return KEYS.map((key) => {
    const { socketPath, hostname, port } = balancer.pick(keyed(key), skip)!
    return socketPath === null ? `${hostname}:${port}` : `unix:${socketPath}`
  })
}

async function upstreams(count: number): Promise<readonly Upstream[] & AsyncDisposable> {
  const all = await Promise.all(Array.from({ length: count }, () => upstream(undefined, { record: false })))
  return Object.assign(all, {
    async [Symbol.asyncDispose]() {
      for (const each of all) await each.stop()
    },
  })
}

describe.skipIf(!installed('nginx'))("ringHash({ compatibleWith: 'nginx' }) next to nginx", () => {
  it('sends each of 10,000 keys to the same server, whatever the weights, by TCP or a Unix socket', async () => {
    await using far = await upstreams(5)
    const weights = [1, 2, 3, 7, 1]
    let sockets: string[] = []
    await using nginx = await hashingNginx((dir) => {
      sockets = [`unix:${dir}/one`, `unix:${dir}/two`]
      return [
        ...far.map(({ port }, at) => `127.0.0.1:${port} weight=${weights[at]}`),
        `${sockets[0]} weight=4`,
        `${sockets[1]}`,
      ]
    })
    const endpoints = [
      ...far.map(({ url }, at) => ({ url, weight: weights[at]! })),
      { url: sockets[0]!, weight: 4 },
      { url: sockets[1]! },
    ]
    const [theirs, ours] = [await nginx.ask(KEYS), await picks(endpoints, () => false)]
    expect(new Set(theirs).size).toBe(7)
    expect(ours).toEqual(theirs)
  }, 60_000)

  it('sends the keys of a server that is down where NGINX does, and those of one without a port', async () => {
    await using far = await upstreams(5)
    await using nginx = await hashingNginx(() => [
      ...far.map(({ port }, at) => `127.0.0.1:${port} weight=${at + 1}${at === 2 ? ' down' : ''}`),
      '127.0.0.9 weight=2 down',
    ])
    const endpoints = [...far.map(({ url }, at) => ({ url, weight: at + 1 })), { url: 'http://127.0.0.9', weight: 2 }]
    const down = new Set([far[2]!.port, 80])
    const [theirs, ours] = [await nginx.ask(KEYS), await picks(endpoints, ({ port }) => down.has(port))]
    expect(new Set(theirs).size).toBe(4)
    expect(ours).toEqual(theirs)
  }, 60_000)
})
