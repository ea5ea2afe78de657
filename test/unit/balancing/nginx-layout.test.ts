import { ringHash } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { nginxLayout } from '../../../src/balancing/nginx-layout.js'
import { asked, byKey, type Host, keyed, manyKeys } from './keyed.js'

const named = (...names: readonly string[]): Host[] =>
  names.map((name) => ({ name, weight: 1, inFlight: 0, available: true }))

function ring(...names: readonly string[]): string[] {
  const balancer = ringHash<Host>({ key: byKey, compatibleWith: 'nginx' })
  const all = named(...names)
  balancer.rebuild(all)
  return manyKeys(200).map((key) => String(all.indexOf(balancer.pick(key, () => false)!)))
}

describe("NGINX's ring", () => {
  it.each([
    ['http://10.0.0.1:3000', '10.0.0.1:3000'],
    ['https://10.0.0.1:3000/prefix/deep', '10.0.0.1:3000'],
    ['tcp://db.internal:5432', 'db.internal:5432'],
    ['http://api.internal', 'api.internal'],
    ['http://[2001:db8::1]:8080', '[2001:db8::1]:8080'],
    ['http://[2001:db8::1]', '[2001:db8::1]'],
    ['unix:/run/app.sock:/prefix', 'unix:/run/app.sock'],
  ])('takes %s for the server %s', (name, server) => {
    expect(ring(name, 'other:80')).toEqual(ring(server, 'other:80'))
  })

  it('tells a port from no port, and a socket from a host of that name', () => {
    expect(ring('10.0.0.1', 'other:80')).not.toEqual(ring('10.0.0.1:80', 'other:80'))
    expect(ring('unix:/a', 'other:80')).toEqual(ring('/a', 'other:80'))
  })

  it('has 160 points for each unit of weight', () => {
    const all = named('a:1', 'b:2')
    all[1]!.weight = 3
    const { owners } = nginxLayout.lay(all)
    expect([...owners].filter((owner) => owner === 0)).toHaveLength(160)
    expect(owners).toHaveLength(640)
  })

  it('H-111 refuses weights that would make it endless', () => {
    const all = named('a:1', 'b:2')
    all[0]!.weight = 1e9
    const balancer = ringHash<Host>({ key: byKey, compatibleWith: 'nginx' })
    expect(() => balancer.rebuild(all)).toThrow(/ringHash: option "weight" is 1000000001; allowed: weights of 100000/)
  })

  it('hashes the bytes of a field as they came, and other text as UTF-8', () => {
    const all = named(...Array.from({ length: 50 }, (_, at) => `10.0.0.${at}:80`))
    const own = ringHash<Host>({ key: ({ target }) => target.path, compatibleWith: 'nginx' })
    const field = ringHash<Host>({ key: byKey, compatibleWith: 'nginx' })
    for (const balancer of [own, field]) balancer.rebuild(all)
    for (const text of ['日本', '🦊 fox', 'żółw']) {
      const bytes = Buffer.from(text).toString('latin1')
      expect(own.pick(asked({ path: text }), () => false)).toBe(field.pick(keyed(bytes), () => false))
    }
  })
})
