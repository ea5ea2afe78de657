import { bytesBody, createPool, EventHub, statusPage } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { pageOver, textOf } from './kit.js'

describe('statusPage', () => {
  it.each<[unknown, string]>([
    [{}, 'option "pools" is undefined; allowed: an array of pools, or a function'],
    [{ pools: [1] }, 'an array of pools'],
    [{ pools: [], gateway: {} }, 'Did you mean "gateways"?'],
    [{ pools: [], gateways: [1] }, 'allowed: gateways by name, or a function'],
    [{ pools: [], gateways: { a: null } }, 'gateways by name'],
    [{ pools: [], title: '' }, 'a non-empty string'],
    [{ pools: [], refreshMs: 10 }, 'a whole number from 100 to 60000'],
    [{ pools: [], historyMs: 1 }, 'a whole number from 6000 to 86400000'],
    [{ pools: [], maxViewers: 0 }, 'a whole number from 1 to 1000'],
    [{ pools: [], authorize: true }, 'a function'],
    [undefined, 'allowed: an object'],
  ])('refuses to be made of %o', (options, why) => {
    expect(() => statusPage(options as never)).toThrow(why)
  })

  it.each<[string, string | undefined, string]>([
    ['/', undefined, 'text/html; charset=utf-8'],
    ['/', '*/*', 'text/html; charset=utf-8'],
    ['/', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
    ['/', 'application/json', 'application/json'],
    ['/', 'text/event-stream', 'text/event-stream'],
    ['/', 'image/png', 'text/html; charset=utf-8'],
    ['/?format=json', 'text/html', 'application/json'],
    ['/?format=events', 'text/html', 'text/event-stream'],
    ['/?format=html', 'application/json', 'text/html; charset=utf-8'],
  ])('answers %s with Accept %s in %s, never to be stored', async (target, accept, type) => {
    const { ask, page } = pageOver()
    const answer = await ask(target, { headers: accept === undefined ? {} : { accept } })
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': type, 'cache-control': 'no-store', vary: 'Accept' },
    })
    await page.close()
  })

  it('reads no Accept that is longer than a browser’s', async () => {
    const answer = await pageOver().ask('/', { headers: { accept: `application/json,${'x/y,'.repeat(1_000)}` } })
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  })

  it('knows no other form, and nothing below it', async () => {
    const { ask } = pageOver()
    expect((await ask('/?format=xml')).status).toBe(400)
    expect((await ask('/x')).status).toBe(404)
  })

  it('tells a HEAD how long the page is, and streams it nothing', async () => {
    const { ask } = pageOver()
    const [head, get] = [await ask('/', { method: 'HEAD' }), await ask('/')]
    expect(head.headers['content-length']).toBe(String(get.body.length))
    expect((await ask('/?format=events', { method: 'HEAD' })).body.kind).toBe('empty')
    expect((await ask('/?format=events', { upgrade: true })).body.kind).toBe('empty')
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('takes no %s without an authorizer', async (method) => {
    const { ask, pool } = pageOver()
    const body = bytesBody('{"pool":"users","endpoint":"a","action":"drain"}')
    const headers = { 'content-type': 'application/json', 'x-edgewise-admin': '1' }
    const answer = await ask('/', { method, headers, body })
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD'])
    expect(pool.endpoints[0]!.mode).toBe('ready')
  })

  it('has buttons with an authorizer, and else none', async () => {
    const without = textOf((await pageOver().ask()).body)
    const [html, buttons] = [textOf((await pageOver({ authorize: () => true }).ask()).body), /<button[^>]* data-act/]
    expect([buttons.test(without), without.includes('<dialog')]).toEqual([false, false])
    expect([buttons.test(html), html.includes('<dialog')]).toEqual([true, true])
  })

  it('escapes what others have named, and lets no script run but its own', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    const pool = createPool({ name: evil, endpoints: [{ url: 'http://127.0.0.1:1', name: evil, zone: evil }] })
    pool.events.emit('endpoint', { pool: evil, endpoint: evil, change: 'down', why: evil })
    const { ask } = pageOver({ pools: [pool], title: evil })
    pool.events.emit('endpoint', { pool: evil, endpoint: evil, change: 'down', why: evil })
    const answer = await ask()
    const html = textOf(answer.body)
    expect(html.match(/<script>/g)).toHaveLength(1)
    expect(html).not.toContain('<img')
    expect(html).toContain('&quot;&gt;&lt;script&gt;')
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/]{43}='; /)
    await pool.close()
  })

  it('H-197 looks at pools once a tick, however many ask, in whatever form', async () => {
    const { ask, looks, clock } = pageOver()
    for (let at = 0; at < 50; at++) await ask(['/', '/?format=json'][at % 2])
    expect(looks()).toBe(1)
    await clock.advance(1_000)
    const [one, two] = [await ask(), await ask()]
    expect(looks()).toBe(2)
    expect(one).toBe(two)
  })

  it('shows who is there now where pools and gateways come and go, and those of before when a function fails', async () => {
    const hub = new EventHub()
    const faults: unknown[] = []
    const pools = [createPool({ name: 'one', endpoints: [], events: hub })]
    let broken: 'no' | 'throws' | 'returns what is none' = 'no'
    const { json, clock, events } = pageOver({
      pools: () => {
        if (broken === 'throws') throw new Error('not now')
        return broken === 'no' ? pools : (undefined as never)
      },
      gateways: () => (broken === 'no' ? {} : (null as never)),
    })
    events.on('fault', ({ where }) => faults.push(where))
    const names = async () => (await json())['pools'] as unknown as { name: string }[]
    expect(await names()).toMatchObject([{ name: 'one' }])
    pools.push(createPool({ name: 'two', endpoints: [], events: hub }))
    await clock.advance(1_000)
    expect(await names()).toMatchObject([{ name: 'one' }, { name: 'two' }])
    for (broken of ['throws', 'returns what is none'] as const) {
      faults.length = 0
      await clock.advance(1_000)
      expect(await names()).toMatchObject([{ name: 'one' }, { name: 'two' }])
      expect(faults).toEqual(['statusPage pools or gateways'])
      // A step's own look, in a timer.
      await clock.advance(5_000)
    }
  })

  it('leaves no timer and no listener behind when it is closed, and ends what viewers watch', async () => {
    const { page, clock, events, ask } = pageOver()
    expect([clock.pending, events.has('endpoint')]).toEqual([1, true])
    const { body } = await ask('/?format=events')
    expect(clock.pending).toBe(2)
    await page.close()
    expect([clock.pending, events.has('endpoint'), events.has('gateway')]).toEqual([0, false, false])
    expect(body).toMatchObject({ ended: true })
    expect((await ask('/?format=events')).status).toBe(503)
  })
})
