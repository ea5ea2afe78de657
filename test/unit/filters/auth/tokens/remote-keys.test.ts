import { type EdgeEvents, EventHub, type FetchLike, type JwtOptions, jwt } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type FakeClock, fakeClock } from '../../../../support/index.js'
import { asked } from '../../../asked.js'
import { ran } from '../../ran.js'
import { ec, jwk, minted, otherRsa, rsa } from './minting.js'

const OLD = jwk(rsa, { kid: 'old' })
const NEW = jwk(otherRsa, { kid: 'new' })
const byOld = (): string => minted({}, { header: { kid: 'old' } })
const byNew = (): string => minted({}, { key: otherRsa.privateKey, header: { kid: 'new' } })
const byNobody = (kid: string): string => minted({}, { key: ec.privateKey, alg: 'ES256', header: { kid } })

type Answer = Response | Error | 'never'

interface Issuer {
  readonly clock: FakeClock
  readonly fetches: readonly RequestInit[]
  readonly told: readonly string[]
  answer: () => Answer
  /** The status of a request with that token; or what it failed with. */
  ask(token: string): Promise<number | string>
  close(): Promise<void> | undefined
}

const set = (...keys: readonly unknown[]): Response => Response.json({ keys })

function issuer(options: Partial<JwtOptions> = {}): Issuer {
  const clock = fakeClock(1_000_000)
  const events = new EventHub()
  const fetches: RequestInit[] = []
  const told: string[] = []
  events.on('keys', ({ change, why }: EdgeEvents['keys']) => told.push(`${change}: ${why}`))
  const fetch: FetchLike = async (_url, init) => {
    fetches.push(init)
    const answer = self.answer()
    if (answer instanceof Error) throw answer
    return answer === 'never' ? new Promise(() => {}) : answer
  }
  const jwksUri = 'https://login.test/keys?tenant=secret'
  const filter = jwt({ jwksUri, fetch, clock, events, random: () => 0, ...options })
  const self: Issuer = {
    clock,
    fetches,
    told,
    answer: () => set(OLD),
    ask: async (token) => {
      const answered = ran(filter, asked('/', { headers: { authorization: `Bearer ${token}` } })).then(
        ({ reply }) => reply.status,
        (error) => `${error.code} ${error.status} ${error.headers?.['retry-after']}`,
      )
      // A fetch takes no time, but turns of the loop.
      for (let turn = 0; turn < 5; turn++) await clock.advance(0)
      return answered
    },
    close: () => filter.close?.(),
  }
  return self
}

const MINUTE = 60_000
const DOWN = 'ERR_EDGE_AUTH_SOURCE 503'

describe('H-131 keys of an issuer', () => {
  it('H-131 are fetched once, and renewed in the background before they are too old', async () => {
    const at = issuer()
    expect([await at.ask(byOld()), await at.ask(byOld()), at.fetches.length]).toEqual([200, 200, 1])
    await at.clock.advance(8 * MINUTE - 1)
    expect(at.fetches.length).toBe(1)
    await at.clock.advance(1)
    expect(at.fetches.length).toBe(2)
    expect(at.told).toEqual(['loaded: 1 keys'])
  })

  it('H-131 rotate without a restart: a kid that is not known is looked for, at most once in 30 seconds', async () => {
    const at = issuer()
    expect(await at.ask(byOld())).toBe(200)
    at.answer = () => set(OLD, NEW)
    expect([await at.ask(byNew()), at.fetches.length]).toEqual([401, 1])
    await at.clock.advance(30_000)
    expect([await at.ask(byNew()), at.fetches.length]).toEqual([200, 2])
    for (let guess = 0; guess < 20; guess++) expect(await at.ask(byNobody(`guess ${guess}`))).toBe(401)
    expect(at.fetches.length).toBe(2)
    await at.clock.advance(30_000)
    for (let guess = 0; guess < 20; guess++) expect(await at.ask(byNobody(`other ${guess}`))).toBe(401)
    expect([at.fetches.length, await at.ask(byOld())]).toEqual([3, 200])
  })

  it('H-131 that were taken away work no longer than the age they may have, for known tokens, too (H-130)', async () => {
    const at = issuer()
    const token = byOld()
    expect(await at.ask(token)).toBe(200)
    at.answer = () => set(NEW)
    await at.clock.advance(8 * MINUTE)
    expect([await at.ask(token), await at.ask(byNew())]).toEqual([401, 200])
  })

  it('H-131 that are still there keep what is known of their tokens', async () => {
    const at = issuer()
    const token = byOld()
    await at.ask(token)
    at.answer = () => set({ ...OLD }, NEW)
    await at.clock.advance(8 * MINUTE)
    expect([await at.ask(token), await at.ask(byNew())]).toEqual([200, 200])
  })

  it('H-131 serve on while they cannot be fetched, for an hour more, and no longer', async () => {
    const at = issuer()
    const token = byOld()
    await at.ask(token)
    at.answer = () => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
    await at.clock.advance(70 * MINUTE - 1)
    expect([await at.ask(token), await at.ask(byOld())]).toEqual([200, 200])
    await at.clock.advance(1)
    expect([await at.ask(token), await at.ask(byOld())]).toEqual([
      expect.stringContaining(DOWN),
      expect.stringContaining(DOWN),
    ])
    expect(at.told[1]).toBe('stale: connect ECONNREFUSED')
    expect(at.told.at(-1)).toBe('failed: connect ECONNREFUSED')
    // From the eighth minute on, one try in 30 seconds.
    expect(at.fetches.length).toBeLessThanOrEqual(1 + 62 * 2 + 1)
    at.answer = () => set(OLD)
    await at.clock.advance(30_000)
    expect([await at.ask(token), at.told.at(-1)]).toEqual([200, 'loaded: 1 keys'])
  })

  it('H-131 none: nobody passes, and tries come after 1, 2, 4 … seconds, at last every 30', async () => {
    const at = issuer()
    at.answer = () => new Error('down')
    expect([await at.ask(byOld()), await at.ask(byOld()), at.fetches.length]).toEqual([`${DOWN} 1`, `${DOWN} 1`, 1])
    const tries: number[] = []
    for (let second = 1; second <= 92; second++) {
      const before = at.fetches.length
      await at.clock.advance(1_000)
      if (at.fetches.length > before) tries.push(second)
    }
    expect(tries).toEqual([1, 3, 7, 15, 31, 61, 91])
    expect([await at.ask(byOld()), at.fetches.length]).toEqual([`${DOWN} 29`, 8])
  })

  it.each([
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.test/' } }),
      'status 302',
    ],
    ['an error', () => new Response('oops', { status: 500 }), 'status 500'],
    ['nothing new', () => new Response(null, { status: 304 }), 'status 304'],
    ['a page', () => new Response('<!doctype html><title>Login</title>'), 'the answer is no JWK set'],
    ['nothing', () => new Response(''), 'the answer is no JWK set'],
    ['no set', () => Response.json([OLD]), 'the answer is no JWK set'],
    ['null', () => new Response('null'), 'the answer is no JWK set'],
    ['keys that are none', () => Response.json({ keys: 1 }), 'the answer is no JWK set'],
    ['an empty set', () => set(), 'none of its 0 keys is usable'],
    [
      'nonsense',
      () => set(null, 1, 'x', [], {}, { kty: 'RSA' }, { kty: 'EC', crv: 'P-256' }),
      'none of its 7 keys is usable',
    ],
    ['secrets', () => set({ kty: 'oct', k: 'AAAA', kid: 'old' }), 'none of its 1 keys is usable'],
    ['private keys', () => set(rsa.privateKey.export({ format: 'jwk' })), 'none of its 1 keys is usable'],
    ['keys to encrypt with', () => set({ ...OLD, use: 'enc' }), 'none of its 1 keys is usable'],
    ['keys to sign with', () => set({ ...OLD, key_ops: ['sign'] }), 'none of its 1 keys is usable'],
    ['keys of another algorithm', () => set({ ...OLD, alg: 'RSA-OAEP' }), 'none of its 1 keys is usable'],
    ['101 keys', () => set(...Array(101).fill(OLD)), 'the answer is no JWK set: an array of more than 100 items'],
    ['5 MB', () => new Response('x'.repeat(5_000_000)), 'an answer of more than 262144 bytes'],
    ['deep JSON', () => new Response('['.repeat(100_000)), 'the answer is no JWK set: more than 8 levels'],
    ['keys twice', () => new Response('{"keys":[],"keys":[]}'), /a name that stands twice/],
    ['bytes that are no UTF-8', () => new Response(Buffer.from([0xff])), /encoded data was not valid/],
  ] as const)('H-131 %s in place of a set leaves the old keys where they are', async (_what, answer, why) => {
    const at = issuer()
    expect(await at.ask(byOld())).toBe(200)
    at.answer = answer
    await at.clock.advance(8 * MINUTE)
    expect([await at.ask(byOld()), at.fetches.length]).toEqual([200, 2])
    expect(at.told[1]).toMatch(typeof why === 'string' ? `stale: ${why}` : why)
  })

  it('H-131 among others that are no use are found', async () => {
    const at = issuer()
    at.answer = () =>
      set({ kty: 'oct', k: 'AA', kid: 'old' }, { kty: 'X' }, { ...OLD, use: 'sig', key_ops: ['verify'] })
    expect(await at.ask(byOld())).toBe(200)
  })

  it('H-131 that never come are waited for no longer than the limit, even if the signal is not heeded', async () => {
    const at = issuer()
    at.answer = () => 'never'
    const answered = at.ask(byOld())
    await at.clock.advance(5_000)
    expect([await answered, at.told]).toEqual([expect.stringContaining(DOWN), ['failed: no answer within 5000 ms']])
    expect(at.fetches[0]!.signal?.aborted).toBe(true)
    expect(at.fetches[0]!.redirect).toBe('manual')
  })

  it('H-131 are fetched by nobody any more once the filter is closed', async () => {
    const at = issuer()
    const token = byOld()
    await at.ask(token)
    await at.close()
    expect(at.clock.pending).toBe(0)
    expect([await at.ask(token), await at.ask(byNew()), at.fetches.length]).toEqual([200, 401, 1])
    const early = issuer()
    await early.close()
    expect([await early.ask(byOld()), early.fetches.length]).toEqual([expect.stringContaining(DOWN), 0])
  })

  it('tell where they come from without the query, which may hold a secret', async () => {
    const events = new EventHub()
    const sources: string[] = []
    events.on('keys', ({ source }) => sources.push(source))
    const at = issuer({ events })
    await at.ask(byOld())
    expect(sources).toEqual(['https://login.test/keys'])
  })

  it.each([
    ['http://login.test/keys', /https:/],
    ['http://10.0.0.1/keys', /https:/],
    ['http://localhost.evil.test/keys', /https:/],
    ['http://127.0.0.1.evil.test/keys', /https:/],
    ['https://user:pass@login.test/keys', /without user and password/],
    ['ftp://login.test/', /absolute URL/],
    ['/keys', /absolute URL/],
    ['', /absolute URL/],
  ])('H-131 %j is refused at construction', (jwksUri, why) => {
    expect(() => jwt({ jwksUri })).toThrow(why)
  })

  it.each(['http://127.0.0.1:1/', 'http://localhost/', 'http://[::1]/', 'https://login.test/'])(
    'H-131 %s is taken, and http: to elsewhere if that is allowed',
    (jwksUri) => {
      jwt({ jwksUri })
      jwt({ jwksUri: 'http://login.test/', allowHttp: true })
    },
  )
})
