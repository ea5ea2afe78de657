import { defineFilter, type MaintenanceOptions, maintenance } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { checkOrder } from '../../../../src/filter.js'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

const active = (options: MaintenanceOptions = {}) => maintenance({ active: true, ...options })

describe('maintenance', () => {
  it('is switched at run time', async () => {
    const filter = maintenance()
    const status = async (): Promise<number> => (await ran(filter, asked('/'))).reply.status
    expect([filter.active, await status()]).toEqual([false, 200])
    filter.begin()
    expect([filter.active, await status()]).toEqual([true, 503])
    filter.end()
    expect([filter.active, await status()]).toEqual([false, 200])
  })

  it('answers 503 with Retry-After, for nobody to store', async () => {
    const { passed, reply } = await ran(active(), asked('/'))
    expect(passed).toBeNull()
    expect({ ...reply.headers }).toEqual({
      'cache-control': 'no-store',
      'content-length': '21',
      'content-type': 'text/plain; charset=utf-8',
      'retry-after': '300',
    })
  })

  it.each([
    [{ retryAfterMs: 1 }, '1'],
    [{ retryAfterMs: 1500 }, '2'],
    [{ retryAfterMs: 0 }, undefined],
  ])('%o says %s', async (options, wanted) =>
    expect((await ran(active(options), asked('/'))).reply.headers['retry-after']).toBe(wanted),
  )

  it('tells of the end that was announced, and does not end by itself', async () => {
    let now = 1_000_000
    const filter = maintenance({ now: () => now })
    const after = async () => (await ran(filter, asked('/'))).reply.headers['retry-after']
    filter.begin(new Date(now + 90_500))
    expect(await after()).toBe('91')
    now += 200_000
    expect(await after()).toBe('1')
    filter.begin()
    expect(await after()).toBe('300')
  })

  it('lets through whom allow lets, and upgrades no others', async () => {
    const filter = active({ allow: ({ client }) => client.address === '10.0.0.5' })
    const status = async (address: string, upgrade = false) =>
      (await ran(filter, asked('/', { client: { address }, upgrade }))).reply.status
    expect([await status('10.0.0.5'), await status('10.0.0.6'), await status('10.0.0.6', true)]).toEqual([
      200, 503, 503,
    ])
  })

  it('has a page, by what the client accepts', async () => {
    const filter = active({ page: { html: '<p>', json: { maintenance: true } } })
    const { reply } = await ran(filter, asked('/', { headers: { accept: 'application/json' } }))
    expect(reply.headers).toMatchObject({ 'content-type': 'application/json', vary: 'accept', 'retry-after': '300' })
  })

  it('H-177 is a guard: no cache may stand in front', () => {
    const cache = defineFilter({ filterName: 'cache', stage: 'store' }, (exchange, next) => next(exchange))
    expect(() => checkOrder([cache, maintenance()], '/')).toThrow(/"cache" \(store\) stands outside "maintenance"/)
  })

  it('explains what it would do', () => {
    const filter = active({ allow: ({ method }) => method === 'HEAD' })
    expect(filter.explain!(asked('/'))).toMatchObject({ verdict: 'deny', why: 'maintenance' })
    expect(filter.explain!(asked('/', { method: 'HEAD' }))).toMatchObject({ verdict: 'pass', why: 'allowed through' })
    expect(maintenance().explain!(asked('/'))).toMatchObject({ verdict: 'pass', why: 'no maintenance' })
  })

  it.each([
    [{ active: 1 }, /option "active"/],
    [{ retryAfterMs: Number.NaN }, /option "retryAfterMs"/],
    [{ page: 5 }, /option "page" is 5/],
    [{ allow: [] }, /option "allow"/],
  ])('H-155 refuses %o', (options, message) => expect(() => maintenance(options as never)).toThrow(message))

  it.each(['soon', new Date(Number.NaN), 5])('H-155 refuses to end at %s', (until) =>
    expect(() => maintenance().begin(until as never)).toThrow(/option "until"/),
  )
})
