import { type AttemptOutcome, type Balancer, leastConnections, ringHash, roundRobin, stickyCookie } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { tokensOf } from '../../../src/balancing/sticky-token.js'
import { asked, type Host, hosts } from './keyed.js'

const SECRET = 'a secret of sufficient length'
const OLDER = 'the secret that was before it'
const none = (): boolean => false

type Options = Partial<Parameters<typeof stickyCookie<Host>>[0]>

function over(options: Options = {}, all = hosts(3)) {
  const balancer = stickyCookie<Host>({ name: 'lb', secret: SECRET, ...options })
  balancer.rebuild(all)
  return { all, balancer }
}

/** A request with this Cookie field. */
const withCookie = (cookie?: string) => asked({ headers: cookie === undefined ? {} : { cookie } })

/** What a client sends back of a Set-Cookie field. */
const pairOf = (setCookie: string | undefined): string => setCookie!.split(';')[0]!

/** A cookie for this endpoint, as the balancer makes it. */
const cookieOf = (balancer: Balancer<Host>, host: Host): string => pairOf(balancer.cookieFor!(withCookie(), host))

describe('stickyCookie', () => {
  it('keeps a client on the endpoint that it was given first', () => {
    const { all, balancer } = over()
    for (const host of all) {
      const cookie = cookieOf(balancer, host)
      for (let request = 0; request < 5; request++) expect(balancer.pick(withCookie(cookie), none)).toBe(host)
      expect(balancer.pick(withCookie(`a=b; ${cookie}; c=d`), none)).toBe(host)
    }
  })

  it('picks by its fallback for clients without a cookie, and without an exchange', () => {
    const { all, balancer } = over()
    const picked = [null, withCookie(), withCookie('other=1')].map((exchange) => balancer.pick(exchange, none))
    expect(picked).toEqual(all)
  })

  it('sets the cookie once, and again only when the client comes to another endpoint', () => {
    const { all, balancer } = over()
    const [first, second] = all as [Host, Host]
    const set = balancer.cookieFor!(withCookie(), first)
    expect(set).toMatch(/^lb=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(balancer.cookieFor!(withCookie(pairOf(set)), first)).toBeUndefined()
    expect(pairOf(balancer.cookieFor!(withCookie(pairOf(set)), second))).toBe(cookieOf(balancer, second))
    expect(balancer.cookieFor!(asked({ protocol: 'https' }), first)).toBe(`${set}; Secure`)
  })

  it('H-112 re-picks when the endpoint is down, full, draining or tried, and then sticks to the new one', () => {
    const { all, balancer } = over()
    const [gone] = all as [Host]
    const cookie = withCookie(cookieOf(balancer, gone))
    const instead = balancer.pick(cookie, (host) => host === gone)!
    expect(instead).not.toBe(gone)
    const moved = withCookie(pairOf(balancer.cookieFor!(cookie, instead)))
    expect(balancer.pick(moved, none)).toBe(instead)
    expect(balancer.pick(cookie, () => true)).toBeUndefined()
  })

  it('H-112 re-picks when the endpoint is gone, or has weight 0, and knows it again when it is back', () => {
    const { all, balancer } = over()
    const [gone, ...rest] = all as [Host, ...Host[]]
    const cookie = withCookie(cookieOf(balancer, gone))
    balancer.rebuild(rest)
    expect(rest).toContain(balancer.pick(cookie, none))
    expect(balancer.cookieFor!(cookie, gone)).toBeUndefined()
    balancer.rebuild(all)
    expect(balancer.pick(cookie, none)).toBe(gone)
    gone.weight = 0
    balancer.rebuild(all)
    expect(rest).toContain(balancer.pick(cookie, none))
  })

  it.each([
    ['the name of an endpoint', (host: Host) => host.name],
    ['the address of an endpoint', (host: Host) => new URL(host.name).host],
    ['the address of anybody', () => 'http://169.254.169.254/'],
    ['its place', () => '0'],
    ['the unsigned digest', (host: Host) => tokensOf(host.name, [])[0]!],
    ['a token by another secret', (host: Host) => tokensOf(host.name, ['some other secret of theirs'])[0]!],
    ['the token of another endpoint', () => tokensOf('http://10.9.9.9:1', [SECRET])[0]!],
    ['a longer value', (host: Host) => `${tokensOf(host.name, [SECRET])[0]}A`],
    ['a shorter value', (host: Host) => tokensOf(host.name, [SECRET])[0]!.slice(1)],
    ['64 KiB', () => 'A'.repeat(65_536)],
    ['nothing', () => ''],
    ['a quoted token', (host: Host) => `"${tokensOf(host.name, [SECRET])[0]}"`],
    ['a name that objects have', () => '__proto__'],
    ['an inherited one', () => 'constructor'],
  ])('H-112 ignores what it did not make: %s', (_what, forge) => {
    const { all, balancer } = over({ fallback: roundRobin<Host>() })
    const target = all[2]!
    const forged = withCookie(`lb=${forge(target)}`)
    // The first in turn, not the one that was asked for.
    expect(balancer.pick(forged, none)).toBe(all[0])
    expect(pairOf(balancer.cookieFor!(forged, all[0]!))).toBe(cookieOf(balancer, all[0]!))
  })

  it('H-112 ignores two cookies of its name: one is from another path or domain', () => {
    const { all, balancer } = over()
    const [mine, theirs] = [cookieOf(balancer, all[1]!), cookieOf(balancer, all[2]!)]
    for (const cookie of [`${theirs}; ${mine}`, `${mine}; a=b; ${mine}`, `lb=x; ${mine}`, `${mine}; lb=`]) {
      const { balancer: fresh, all: same } = over()
      expect(fresh.pick(withCookie(cookie), none)).toBe(same[0])
      expect(fresh.cookieFor!(withCookie(cookie), same[1]!)).toBeDefined()
    }
  })

  it('never shows the endpoint in the cookie', () => {
    const all = [{ name: 'db-primary.internal', weight: 1, inFlight: 0, available: true }]
    for (const secret of [SECRET, undefined]) {
      const { balancer } = over({ secret }, all)
      const value = cookieOf(balancer, all[0]!).slice('lb='.length)
      expect(value).not.toContain('db-primary')
      expect(Buffer.from(value, 'base64url').toString('latin1')).not.toContain('db-primary')
    }
  })

  it('is the same in every process with the same secret, and without one', () => {
    for (const secret of [SECRET, undefined]) {
      const [one, other] = [over({ secret }), over({ secret })]
      const cookie = withCookie(cookieOf(one.balancer, one.all[1]!))
      expect(other.balancer.pick(cookie, none)).toBe(other.all[1])
    }
  })

  it('changes secrets without losing anybody: the old one verifies, and the new one signs', () => {
    const { all, balancer: old } = over({ secret: OLDER })
    const { balancer } = over({ secret: [SECRET, OLDER] }, all)
    const before = withCookie(cookieOf(old, all[1]!))
    expect(balancer.pick(before, none)).toBe(all[1])
    const renewed = pairOf(balancer.cookieFor!(before, all[1]!))
    expect(over({ secret: SECRET }, all).balancer.pick(withCookie(renewed), none)).toBe(all[1])
    expect(over({ secret: SECRET }, all).balancer.pick(before, none)).toBe(all[0])
  })

  it('tells its fallback of members, changes and outcomes', () => {
    const told: string[] = []
    const fallback: Balancer<Host> = {
      name: 'spy',
      rebuild: (all) => told.push(`rebuild ${all.length}`),
      pick: () => undefined,
      changed: ({ name }) => told.push(`changed ${name}`),
      settled: ({ name }, { status }) => told.push(`settled ${name} ${status}`),
    }
    const { all, balancer } = over({ fallback })
    balancer.changed!(all[0]!)
    balancer.settled!(all[1]!, { status: 200 } as AttemptOutcome)
    expect(told).toEqual(['rebuild 3', `changed ${all[0]!.name}`, `settled ${all[1]!.name} 200`])
    expect(balancer.pick(withCookie(), none)).toBeUndefined()
    // Fallbacks need not listen.
    const deaf = over({ fallback: { name: 'deaf', rebuild: () => {}, pick: () => undefined } })
    deaf.balancer.changed!(deaf.all[0]!)
    deaf.balancer.settled!(deaf.all[0]!, { status: 200 } as AttemptOutcome)
  })

  it('forks together with its fallback, or not at all', () => {
    const { all, balancer } = over({ fallback: ringHash<Host>({ key: 'client' }) })
    const fork = balancer.fork!()
    fork.rebuild(all.slice(1))
    const cookie = withCookie(cookieOf(balancer, all[2]!))
    expect(fork.pick(cookie, none)).toBe(all[2])
    expect(fork.pick(withCookie(cookieOf(balancer, all[0]!)), none)).not.toBe(all[0])
    const deaf: Balancer<Host> = { name: 'deaf', rebuild: () => {}, pick: () => undefined }
    expect(over({ fallback: deaf }).balancer.fork).toBeUndefined()
  })

  it('works over any fallback', () => {
    const { all, balancer } = over({ fallback: leastConnections<Host>() })
    all[0]!.inFlight = 5
    balancer.changed!(all[0]!)
    expect(balancer.pick(withCookie(), none)).not.toBe(all[0])
    expect(balancer.pick(withCookie(cookieOf(balancer, all[0]!)), none)).toBe(all[0])
  })
})
