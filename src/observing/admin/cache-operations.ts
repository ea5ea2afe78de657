import type { Cache, PurgedUrl } from '../../filters/cache/cache.js'
import { field, refusalOf } from './fields.js'
import { type Kind, kind } from './names.js'
import type { Answer, Operation } from './operation.js'

export const CACHES: Kind<Cache> = kind(
  'what cache() makes',
  ({ purge, purgeTag }) => typeof purge === 'function' && typeof purgeTag === 'function',
)

/** What is stored, and shall not be any more. */
export function cacheOperations(caches: ReadonlyMap<string, Cache>): readonly Operation[] {
  return [
    {
      method: 'POST',
      path: '/cache/purge',
      name: 'purge',
      summary: 'Remove stored replies by URL, by tag, or all of them; from every cache unless one is named.',
      body: {
        url: field.text(
          'As clients ask for it: https://shop.example/prices?page=1; //shop.example/prices is http and https.',
        ),
        tag: field.text('What the replies were tagged with.'),
        all: field.flag('true removes everything.'),
        cache: field.oneOf([...caches.keys()], 'Which cache.'),
      },
      subject: ({ body }) => String(body['url'] ?? body['tag'] ?? 'all'),
      run: ({ body }) => purge(caches, body),
    },
  ]
}

async function purge(caches: ReadonlyMap<string, Cache>, body: Readonly<Record<string, unknown>>): Promise<Answer> {
  const { url, tag, all, cache: only } = body as { url?: string; tag?: string; all?: boolean; cache?: string }
  if ([url, tag, all || undefined].filter((each) => each !== undefined).length !== 1)
    return { status: 400, detail: 'purge: one of "url", "tag" and "all" is wanted, and no more' }
  const chosen = [...caches].filter(([name]) => only === undefined || name === only)
  const purged: object[] = []
  for (const [name, cache] of chosen) {
    try {
      if (tag !== undefined) purged.push({ cache: name, removed: await cache.purgeTag(tag) })
      else {
        await (url === undefined ? cache.clear() : cache.purge(urlOf(url)))
        purged.push({ cache: name })
      }
    } catch (error) {
      return refusalOf(error)
    }
  }
  return { json: { purged } }
}

/** `//host/path` is both `http` and `https`, which helps where TLS ends in front of the gateway. */
function urlOf(text: string): PurgedUrl {
  const [, host, path] = /^\/\/([^/?#]+)(\/[^#]*)$/.exec(text) ?? []
  return host === undefined || path === undefined ? text : { host, path }
}
