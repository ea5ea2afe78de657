import { type Cache, type CacheOptions, cache, EventHub, type ForwardOptions, http1, type PoolOptions } from 'edgewise'
import { type Upstream, type UpstreamHandler, upstream } from '../../support/index.js'
import { type Answer, type AskOptions, ask } from '../client.js'
import { type Front, gatewayOver } from '../front.js'

/** A gateway with a cache in front of one upstream, on a clock that moves when told. */
export interface Cached extends AsyncDisposable {
  readonly pages: Cache
  readonly front: Front
  readonly far: Upstream
  readonly hub: EventHub
  /** What the cache did, as `result` or `result collapsed`. */
  readonly results: readonly string[]
  /** Failures of the store. */
  readonly faults: readonly unknown[]
  get(path?: string, options?: AskOptions): Promise<Answer>
  /** Moves the cache's clock on. */
  later(seconds: number): void
  /** Time by the cache's clock. */
  now(): number
}

export interface CachedOptions extends CacheOptions {
  readonly pool?: Partial<PoolOptions> | undefined
  readonly forward?: Partial<ForwardOptions> | undefined
}

export async function cached(answer: UpstreamHandler, options: CachedOptions = {}): Promise<Cached> {
  const { pool, forward, ...rest } = options
  const hub = new EventHub()
  const results: string[] = []
  const faults: unknown[] = []
  hub.on('cache', ({ result, collapsed }) => results.push(collapsed ? `${result} collapsed` : result))
  hub.on('fault', ({ error }) => faults.push(error))
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const pages = cache({ events: hub, now, ...rest })
  const far = await upstream((request, response) => {
    // By the upstream's clock, which stands still beside the cache's, all would be old.
    response.sendDate = false
    return answer(request, response)
  })
  const front = await gatewayOver(http1(), [far.url], { pool, forward, gateway: { filters: [pages] } })
  return {
    pages,
    front,
    far,
    hub,
    results,
    faults,
    get: (path = '/', asked = {}) => ask(front.port, path, { ...asked, headers: { host: 'a.test', ...asked.headers } }),
    later(seconds) {
      ahead += seconds * 1000
    },
    now,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await far.stop()
    },
  }
}

/** An upstream that answers each request with its number, and with these fields. */
export function numbered(
  fields:
    | Readonly<Record<string, string | readonly string[]>>
    | ((request: number) => Readonly<Record<string, string>>),
  status = 200,
): UpstreamHandler {
  let count = 0
  return (request, response) => {
    request.resume()
    count++
    response.writeHead(status, typeof fields === 'function' ? fields(count) : (fields as Record<string, string>))
    response.end(`answer ${count}`)
  }
}
