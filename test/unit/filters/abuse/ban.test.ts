import { type BanOptions, type BanRule, ban, type EdgeEvents, EventHub, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { denier } from '../../../../src/filters/denial.js'
import { asked } from '../../asked.js'
import { keysOf, repeat, visit } from './kit.js'

const offender = '192.0.2.66'
const other = '192.0.2.1'

/** A ban with a clock that is held, and what it told. */
function held(options: BanOptions = {}) {
  const time = { now: 1_000_000 }
  const events = new EventHub()
  const told: EdgeEvents['ban'][] = []
  events.on('ban', (event) => told.push(event))
  return { bans: ban({ events, now: () => time.now, ...options }), time, events, told }
}

describe('a ban', () => {
  it.each<[BanRule['count'], string, number]>([
    ['requests', '/', 200],
    ['errors', '/', 418],
    ['unauthorized', '/', 401],
    ['not-found', '/', 404],
    ['limited', '/', 429],
    [[500, 502], '/', 502],
    [['/.env', '/wp-*.php'], '/wp-login.php', 404],
    [({ status }) => status === 200, '/', 200],
  ])('comes when as many of %j have been as may be, to that client alone', async (count, path, status) => {
    const { bans } = held({ rules: [{ count, limit: 3 }] })
    await repeat(2, () => visit(bans, offender, { path, status }))
    await repeat(5, () =>
      visit(bans, other, { path: '/other', status: count === 'requests' ? 200 : 304 }).catch(() => 0),
    )
    expect(bans.has(offender)).toBe(false)
    await visit(bans, offender, { path, status })
    expect(bans.has(offender)).toBe(true)
    expect(await visit(bans, offender)).toBe(403)
    if (count !== 'requests') expect(await visit(bans, other)).toBe(200)
  })

  it.each<[BanRule['count'], string, number]>([
    ['errors', '/', 503],
    ['errors', '/', 399],
    ['unauthorized', '/', 403],
    ['not-found', '/', 410],
    [[500], '/', 501],
    [['/.env'], '/.env/x', 404],
    [() => false, '/', 401],
  ])('of %j does not count %s %i', async (count, path, status) => {
    const { bans } = held({ rules: [{ count, limit: 1 }] })
    await repeat(5, () => visit(bans, offender, { path, status }))
    expect(bans.list()).toEqual([])
  })

  it('by listed paths denies the very request that was one too many', async () => {
    const { bans } = held({ rules: [{ count: ['/.env'], limit: 1 }] })
    expect(await visit(bans, offender, { path: '/.env', status: 200 })).toBe(403)
  })

  it.each(['/%2eenv', '/.%65nv?x'])('by listed paths sees what %s means', async (path) => {
    const { bans } = held({ rules: [{ count: ['/.env'], limit: 1 }] })
    expect(await visit(bans, offender, { path })).toBe(403)
  })

  it('counts what is within the window, which slides', async () => {
    const { bans, time } = held({ rules: [{ count: 'errors', limit: 10, windowMs: 1_000 }] })
    await repeat(9, () => visit(bans, offender, { status: 404 }))
    // Half of the window before still counts for 4.5.
    time.now += 1_500
    await repeat(5, () => visit(bans, offender, { status: 404 }))
    expect(bans.has(offender)).toBe(false)
    await visit(bans, offender, { status: 404 })
    expect(bans.has(offender)).toBe(true)
  })

  it('forgets what slid out of the window', async () => {
    const { bans, time } = held({ rules: [{ count: 'errors', limit: 3, windowMs: 1_000 }] })
    for (let round = 0; round < 5; round++) {
      await repeat(2, () => visit(bans, offender, { status: 404 }))
      time.now += 2_000
    }
    expect(bans.list()).toEqual([])
  })

  it('ends by itself, grows with each that follows soon, and is forgotten after as long again', async () => {
    const { bans, time, told } = held({
      rules: [{ count: 'errors', limit: 1, banMs: 1_000, growth: 3 }],
      maxBanMs: 5_000,
    })
    const lasted: number[] = []
    for (const pause of [0, 500, 2_000, 20_000]) {
      time.now += pause
      await visit(bans, offender, { status: 404 })
      const [entry] = bans.list()
      lasted.push(entry!.untilMs - time.now)
      time.now = entry!.untilMs - 1
      expect(await visit(bans, offender)).toBe(403)
      time.now++
      expect(await visit(bans, offender)).toBe(200)
    }
    expect(lasted).toEqual([1_000, 3_000, 5_000, 1_000])
    expect(told.map(({ change, offence }) => [change, offence])).toEqual([
      ['banned', 1],
      ['banned', 2],
      ['banned', 3],
      ['banned', 1],
    ])
  })

  it('is not made longer by what the client tries meanwhile, or what was under way', async () => {
    const { bans, time, told } = held({ rules: [{ count: 'errors', limit: 1, banMs: 1_000 }] })
    const early = asked('/', { client: { address: offender } })
    const answer = await bans(early, async () => reply(404))
    await visit(bans, offender, { status: 404 })
    time.now += 500
    early.settle({ status: answer.status })
    await repeat(5, () => visit(bans, offender))
    time.now += 500
    expect([await visit(bans, offender), told.length]).toEqual([200, 1])
  })

  it('can be made, read and lifted at run time', async () => {
    const { bans, time, told } = held({ rules: [{ count: 'errors', limit: 2 }] })
    await visit(bans, offender, { status: 404 })
    bans.ban(offender, 5_000, 'told by a peer')
    bans.ban(other, 1_000)
    expect(bans.list()).toEqual([
      { key: other, why: 'by hand', untilMs: time.now + 1_000, offence: 1 },
      { key: offender, why: 'told by a peer', untilMs: time.now + 5_000, offence: 1 },
    ])
    expect(await visit(bans, offender)).toBe(403)
    expect([bans.lift(offender), bans.lift(offender)]).toEqual([true, false])
    // What it had on its account before is gone, too.
    expect(await visit(bans, offender, { status: 404 })).toBe(404)
    expect(keysOf(bans)).toEqual([other])
    expect(told.map(({ key, change }) => `${key} ${change}`)).toEqual([
      `${offender} banned`,
      `${other} banned`,
      `${offender} lifted`,
    ])
  })

  it.each([
    ['192.0.2.66', '::ffff:192.0.2.66'],
    ['192.0.2.66', '::ffff:c000:242'],
    ['::ffff:192.0.2.66', '192.0.2.66'],
    ['2001:db8::1', '2001:db8:0:0:ffff::7'],
  ])('H-136 of %s holds for %s, which is the same client', async (one, same) => {
    const { bans } = held({ rules: [{ count: 'errors', limit: 2 }] })
    await visit(bans, one, { status: 404 })
    await visit(bans, same, { status: 404 })
    expect([await visit(bans, one), await visit(bans, same), bans.has(same)]).toEqual([403, 403, true])
    expect([await visit(bans, '2001:db8:0:1::1'), bans.lift(same), await visit(bans, one)]).toEqual([200, true, 200])
  })

  it('is lifted by the key that its list shows, too', async () => {
    const { bans } = held()
    bans.ban('2001:db8::1', 1_000)
    const [entry] = bans.list()
    expect([entry!.key, bans.lift(entry!.key), bans.list()]).toEqual(['2001:db8::/64', true, []])
  })

  it('never comes to an exempt address, nor counts it', async () => {
    const { bans } = held({ rules: [{ count: 'requests', limit: 1 }], exempt: ['192.0.2.0/24'] })
    expect([await visit(bans, offender), await visit(bans, '203.0.113.1')]).toEqual([200, 403])
    bans.ban(offender, 1_000)
    expect(await visit(bans, offender)).toBe(200)
  })

  it('H-140 holds no two clients without an address for one, and says so once', async () => {
    const { bans, events } = held({ rules: [{ count: 'errors', limit: 1 }] })
    const faults: unknown[] = []
    events.on('fault', ({ where, error }) => faults.push([where, (error as Error).message]))
    await repeat(3, async () => expect(await visit(bans, '', { status: 404 })).toBe(404))
    expect([bans.list(), faults]).toEqual([[], [['ban', 'a request has no key; it passes, and is not counted']]])
  })

  it.each([undefined, null, '', 7, Number.NaN, {}])('H-140 takes a key that is %j for none', async (key) => {
    const { bans } = held({ rules: [{ count: 'errors', limit: 1 }], key: () => key as never })
    await repeat(3, async () => expect(await visit(bans, offender, { status: 404 })).toBe(404))
    expect(bans.list()).toEqual([])
  })

  it('goes by a key of the user’s, of whatever length, in little memory', async () => {
    const { bans } = held({
      rules: [{ count: 'errors', limit: 1 }],
      key: ({ headers }) => headers['x-api-key'] as string,
    })
    const long = 'x'.repeat(10_000)
    const odd = (key: string) => ({ odd: { headers: { 'x-api-key': key } } })
    await visit(bans, offender, { status: 404, ...odd(`${long}1`) })
    expect([await visit(bans, other, odd(`${long}1`)), await visit(bans, other, odd(`${long}2`))]).toEqual([403, 200])
    expect(keysOf(bans)[0]!.length).toBeLessThan(50)
    expect([bans.has(`${long}1`), bans.lift(`${long}1`)]).toEqual([true, true])
  })

  it('counts what filters behind it denied, but neither overload nor other chains', async () => {
    const { bans, events } = held({ rules: [{ count: 'denied', limit: 2 }] })
    await bans.start!()
    const deny = { 403: denier('rules', 403, events), 503: denier('shed', 503, events) }
    const through = (status: 403 | 503): Promise<unknown> =>
      bans(asked('/', { client: { address: offender } }), async (exchange) => deny[status](exchange, 'why'))
    await repeat(3, () => through(503))
    deny[403](asked('/', { client: { address: offender } }), 'elsewhere')
    await through(403)
    expect(bans.has(offender)).toBe(false)
    await through(403)
    expect(bans.has(offender)).toBe(true)
    await bans.close!()
    expect(events.has('denied')).toBe(false)
  })

  it('explains, and spends nothing', async () => {
    const { bans } = held({ rules: [{ count: 'requests', limit: 2 }] })
    const exchange = asked('/', { client: { address: offender } })
    for (let at = 0; at < 5; at++) expect(bans.explain!(exchange)).toEqual({ verdict: 'pass', why: 'not banned' })
    bans.ban(offender, 1_000)
    expect(bans.explain!(exchange)).toEqual({ verdict: 'deny', why: 'banned' })
  })

  it('that drops closes the connection, and leaves no reply to be written', async () => {
    const { bans } = held({ action: 'drop' })
    bans.ban(offender, 1_000)
    const exchange = asked('/', { client: { address: offender } })
    await expect(bans(exchange, async () => reply(200))).rejects.toMatchObject({ code: 'ERR_EDGE_DROPPED' })
    expect(exchange.raw.socket.destroyed).toBe(true)
  })

  it.each<[unknown, RegExp]>([
    [{ rules: [{ count: 'error', limit: 1 }] }, /"count" is "error"; allowed: 'requests', 'errors'/],
    [{ rules: [{ count: [], limit: 1 }] }, /"count" is an array/],
    [{ rules: [{ count: [404, '/x'], limit: 1 }] }, /"count" is an array/],
    [{ rules: [{ count: ['x'], limit: 1 }] }, /x/],
    [{ rules: [{ count: 'errors' }] }, /"limit" is undefined/],
    [{ rules: [{ count: 'errors', limit: 0 }] }, /"limit" is 0/],
    [{ rules: [{ count: 'errors', limit: 1, banMs: 0 }] }, /"banMs" is 0/],
    [{ rules: [{ count: 'errors', limit: 1, growth: 0.5 }] }, /"growth" is 0.5/],
    [{ rules: {} }, /"rules" is an object/],
    [{ action: 'silent-drop' }, /"action" is "silent-drop"; allowed: 'deny', 'tarpit', 'drop'/],
    [{ exempt: ['10.0.0'] }, /10\.0\.0/],
    [{ exempt: {} }, /"exempt" is an object/],
    [{ status: 200 }, /"status" is 200/],
    [{ tarpitMs: Number.NaN }, /"tarpitMs" is NaN/],
    [{ rulez: [] }, /Did you mean "rules"/],
  ])('H-155 refuses %j', (options, message) => expect(() => ban(options as never)).toThrow(message))

  it.each<[unknown, unknown]>([
    ['', 1_000],
    [7, 1_000],
    [offender, 0],
    [offender, Number.NaN],
    [offender, Number.POSITIVE_INFINITY],
    [offender, '1000'],
  ])('H-155 is not made of %j for %j', (key, banMs) => {
    expect(() => held().bans.ban(key as never, banMs as never)).toThrow(/ban\.ban: option/)
  })
})
