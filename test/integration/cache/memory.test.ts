import { type CacheEntry, type CacheStore, memoryStore } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { bytes, drained, flat } from '../../support/index.js'
import { cached, numbered } from './cached.js'

/** Keeps what it is given, to be looked at. */
function kept(): { readonly store: CacheStore; readonly entries: CacheEntry[] } {
  const entries: CacheEntry[] = []
  const memory = memoryStore({ maxBytes: 64 * 1024 * 1024, maxEntryBytes: 32 * 1024 * 1024 })
  return {
    entries,
    store: {
      get: (key) => memory.get(key),
      put(key, entry, keepMs) {
        entries.push(entry)
        memory.put(key, entry, keepMs)
      },
      remove: (key, variant) => memory.remove(key, variant),
      purgeTag: (tag) => memory.purgeTag(tag),
      clear: () => memory.clear(),
    },
  }
}

describe('what a cache holds in memory', () => {
  it.each([false, true])(
    'H-182 what is larger than an entry may be streams through, unstored (chunked: %s)',
    async (chunked) => {
      const size = 3 * 1024 * 1024
      await using front = await cached((request, response) => {
        response.setHeader('cache-control', 'max-age=60')
        return bytes(size, { chunked })(request, response)
      })
      for (let at = 0; at < 2; at++) expect((await front.get()).body.length).toBeGreaterThan(size / 2)
      expect(front.results).toEqual(['miss', 'miss'])
    },
  )

  it('H-182 a reply of 256 MiB to a client that reads slowly takes no more than any other', async () => {
    await using front = await cached((request, response) => {
      response.setHeader('cache-control', 'max-age=60')
      return bytes(256 * 1024 * 1024, { chunked: true })(request, response)
    })
    await flat(async () => {
      const { get } = await import('node:http')
      await new Promise<void>((resolve, reject) => {
        get({ port: front.front.port, host: '127.0.0.1', agent: false }, (response) => {
          let size = 0
          response.on('data', (part: Buffer) => {
            size += part.byteLength
            if (size % (16 * 1024 * 1024) < part.byteLength) {
              response.pause()
              setImmediate(() => response.resume())
            }
          })
          response.on('end', resolve)
          response.on('error', reject)
        })
      })
    })
  }, 60_000)

  it('H-182 the bytes are a copy of their own: they pin no connection’s buffer', async () => {
    const { store, entries } = kept()
    await using front = await cached(numbered({ 'cache-control': 'max-age=60' }), { store })
    await front.get()
    expect(entries).toHaveLength(1)
    const [{ body }] = entries as [CacheEntry]
    expect([body.byteLength, body.buffer.byteLength]).toEqual([8, 8])
  })

  it('H-182 the default store is bounded', async () => {
    await using front = await cached((request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end(request.url!.padEnd(900_000, '.'))
    })
    for (let at = 0; at < 100; at++) await front.get(`/${at}`)
    await front.get('/99')
    await front.get('/0')
    expect(front.results.slice(-2)).toEqual(['hit', 'miss'])
  }, 30_000)

  it('H-202 what is remembered of questions with nothing to share is bounded', async () => {
    await using front = await cached(numbered({ 'cache-control': 'no-store' }))
    const before = process.memoryUsage().heapUsed
    for (let at = 0; at < 2_000; at++) await front.get(`/${at}${'x'.repeat(1_500)}`)
    globalThis.gc?.()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024)
  }, 30_000)

  it('leaves nothing under way behind', async () => {
    const rest = drained()
    {
      await using front = await cached(numbered({ 'cache-control': 'max-age=10, stale-while-revalidate=60' }))
      await Promise.all([front.get(), front.get(), front.get()])
      front.later(20)
      await front.get()
    }
    await rest()
  })
})
