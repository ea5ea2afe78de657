import { EventHub } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Authorize, doorkeeper, type Operator } from '../../../../src/observing/admin/authorizing.js'
import type { Reply } from '../../../../src/reply.js'
import { type Asked, asked } from '../../asked.js'

const JSON_TYPE = { 'content-type': 'application/json' }

const visit = async (
  authorize: Authorize | undefined,
  odd: Asked = {},
): Promise<{ said: string | number | null; denied: string[]; faults: unknown[]; detail?: string }> => {
  const hub = new EventHub()
  const denied: string[] = []
  const faults: unknown[] = []
  hub.on('denied', ({ filter, status, why }) => denied.push(`${filter} ${status} ${why}`))
  hub.on('fault', ({ where, error }) => faults.push(where, (error as Error).message))
  const found: Operator | Reply = await doorkeeper('adminApi', authorize, hub)(asked('/admin', odd))
  if (!('status' in found)) return { said: found.name, denied, faults }
  const body = found.body.kind === 'bytes' ? JSON.parse(Buffer.from(found.body.bytes).toString()) : {}
  return { said: found.status, denied, faults, detail: body.detail }
}

describe('the doorkeeper', () => {
  it.each<[Authorize, string | null]>([
    [() => true, null],
    [() => 'ada', 'ada'],
    [async () => 'ada', 'ada'],
  ])('lets %s in', async (authorize, name) => {
    expect(await visit(authorize)).toEqual({ said: name, denied: [], faults: [] })
  })

  it.each<[Authorize | undefined]>([
    [undefined],
    [() => false],
    [() => null],
    [() => undefined],
    [() => ''],
    [async () => false],
    [(() => 1) as never],
    [(() => ({ id: 'ada' })) as never],
  ])('H-197 turns away, with the same words, whom %s does not know', async (authorize) => {
    const denied = ['adminApi 403 the authorizer does not know who asks']
    expect(await visit(authorize)).toEqual({ said: 403, denied, faults: [], detail: 'Not allowed.' })
    expect(await visit(authorize, { method: 'POST' })).toEqual({
      said: 403,
      denied,
      faults: [],
      detail: 'Not allowed.',
    })
  })

  it.each<[Authorize]>([
    [
      () => {
        throw new Error('no directory')
      },
    ],
    [async () => Promise.reject(new Error('no directory'))],
  ])('H-197 turns everybody away when %s, and tells of the fault', async (authorize) => {
    const { said, detail, faults } = await visit(authorize)
    expect([said, detail, faults]).toEqual([403, 'Not allowed.', ['adminApi authorize', 'no directory']])
  })

  const own = { 'x-edgewise-admin': '1' }
  it.each<[string, Readonly<Record<string, string>>, number | 'in']>([
    ['POST', {}, 403],
    ['POST', JSON_TYPE, 403],
    ['POST', own, 'in'],
    ['PUT', own, 'in'],
    ['DELETE', own, 'in'],
    ['DELETE', {}, 403],
    ['POST', { 'x-edgewise-admin': 'yes' }, 403],
    ['POST', { 'sec-fetch-site': 'same-origin', ...JSON_TYPE }, 'in'],
    ['POST', { origin: 'http://a.test', ...JSON_TYPE }, 'in'],
    ['POST', { origin: 'http://a.test', 'content-type': 'application/json; charset=utf-8' }, 'in'],
    ['POST', { origin: 'http://a.test', 'sec-fetch-site': 'same-origin', ...JSON_TYPE }, 'in'],
    // What a form or a page of another origin can make a browser send, with whatever it adds.
    ['POST', { origin: 'http://a.test' }, 415],
    ['POST', { origin: 'http://a.test', 'content-type': 'text/plain' }, 415],
    ['POST', { origin: 'http://a.test', 'content-type': 'text/plain; application/json' }, 415],
    ['POST', { origin: 'http://a.test', 'content-type': 'application/json garbage' }, 415],
    ['POST', { origin: 'http://a.test', ...own }, 415],
    ['POST', { origin: 'http://evil.test', ...JSON_TYPE, ...own }, 403],
    ['POST', { origin: 'null', ...JSON_TYPE, ...own }, 403],
    ['POST', { 'sec-fetch-site': 'cross-site', ...JSON_TYPE, ...own }, 403],
    ['POST', { 'sec-fetch-site': 'same-site', ...JSON_TYPE, ...own }, 403],
    ['POST', { 'sec-fetch-mode': 'cors', ...own }, 415],
    ['POST', { 'sec-fetch-site': 'cross-site', origin: 'http://a.test', ...JSON_TYPE }, 403],
    ['GET', { 'sec-fetch-site': 'cross-site' }, 'in'],
    ['HEAD', {}, 'in'],
    ['OPTIONS', { origin: 'http://evil.test' }, 403],
    ['get', {}, 403],
  ])('takes a %s that says %o for: %s', async (method, headers, expected) => {
    const { said } = await visit(() => 'ada', { method, headers })
    expect(said === 'ada' ? 'in' : said).toBe(expected)
  })

  it('tells who may, and nobody else, what their request lacks', async () => {
    expect((await visit(() => true, { method: 'POST' })).detail).toContain('X-Edgewise-Admin: 1')
    expect((await visit(() => false, { method: 'POST' })).detail).toBe('Not allowed.')
  })
})
