import { cache, EventHub, type Handler, memoryStore, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { apiOver } from './kit.js'

const fresh: Handler = async ({ target }) =>
  reply(200, target.path, { 'cache-control': 'max-age=600', 'cache-tag': target.path === '/a' ? 'first' : 'other' })

/** A cache, and whether it answers by itself. */
const filled = async () => {
  const events = new EventHub()
  const filter = cache({ events, cacheStatus: false })
  const results: string[] = []
  events.on('cache', ({ result }) => results.push(result))
  const visit = async (path: string): Promise<string | undefined> => {
    await filter(asked(path), fresh)
    return results.at(-1)
  }
  for (const path of ['/a', '/b', '/c?d=e']) await visit(path)
  return { filter, visit }
}

describe('caches', () => {
  it.each([
    [{ url: 'http://a.test/a' }, ['miss', 'hit', 'hit']],
    [{ url: '//a.test/c?d=e' }, ['hit', 'hit', 'miss']],
    [{ url: 'http://a.test/c' }, ['hit', 'hit', 'hit']],
    [{ tag: 'other' }, ['hit', 'miss', 'miss']],
    [{ all: true }, ['miss', 'miss', 'miss']],
    [{ url: 'http://a.test/a', cache: 'default' }, ['miss', 'hit', 'hit']],
  ])('lose what %o names, and nothing else', async (body, expected) => {
    const { filter, visit } = await filled()
    const { ask, told } = apiOver({ caches: filter })
    const { status, json } = await ask('POST /cache/purge', body)
    expect(status).toBe(200)
    expect(json.purged).toEqual([{ cache: 'default', ...('tag' in body ? { removed: 2 } : {}) }])
    const seen: unknown[] = []
    for (const path of ['/a', '/b', '/c?d=e']) seen.push(await visit(path))
    expect(seen).toEqual(expected)
    expect(told).toMatchObject([
      { action: 'purge', subject: Object.values(body)[0] === true ? 'all' : Object.values(body)[0] },
    ])
  })

  it('are all purged unless one is named', async () => {
    const [one, two] = [await filled(), await filled()]
    const { ask } = apiOver({ caches: { one: one.filter, two: two.filter } })
    await ask('POST /cache/purge', { tag: 'first', cache: 'one' })
    expect([await one.visit('/a'), await two.visit('/a')]).toEqual(['miss', 'hit'])
    expect((await ask('POST /cache/purge', { url: 'http://a.test/a' })).json.purged).toEqual([
      { cache: 'one' },
      { cache: 'two' },
    ])
    expect([await one.visit('/a'), await two.visit('/a')]).toEqual(['miss', 'miss'])
  })

  it.each([
    [{}, 'one of "url", "tag" and "all"'],
    [{ all: false }, 'one of "url", "tag" and "all"'],
    [{ url: 'http://a/', tag: 'b' }, 'and no more'],
    [{ url: '/a' }, 'an absolute http or https URL'],
    [{ url: 'ftp://a/' }, 'an absolute http or https URL'],
    [{ tag: 5 }, 'a non-empty string'],
    [{ tag: 'x', cache: 'pages' }, "allowed: 'default'"],
  ])('refuse %o', async (body, why) => {
    const { filter } = await filled()
    const said = await apiOver({ caches: filter }).ask('POST /cache/purge', body)
    expect(said).toMatchObject({ status: 400, json: { detail: expect.stringContaining(why) } })
  })

  it('say when their store is not there', async () => {
    const refuse = async (): Promise<number> => Promise.reject(new Error('connection refused'))
    const store = Object.assign(memoryStore({ maxBytes: 1_000_000 }), { purgeTag: refuse })
    const { ask, told, faults } = apiOver({ caches: cache({ store, events: new EventHub() }) })
    expect((await ask('POST /cache/purge', { tag: 'x' })).status).toBe(500)
    expect([told[0]?.result, faults]).toEqual(['failed', [new Error('connection refused')]])
  })
})
