import dns, { type LookupAddress, type LookupAllOptions, type LookupOptions } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { LRUCache } from 'lru-cache'

type Callback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void

interface Entry {
  addresses: LookupAddress[]
  freshUntil: number
}

/**
 * A `lookup` that remembers. `dns.lookup` holds one of four libuv threads while it runs, so a slow resolver would stall files
 * and compression too (H-099): each name is asked for once at a time, at most every `ttlMs`, and when the resolver fails the
 * last good answer serves on.
 */
export function cachedLookup(options: {
  readonly lookup?: LookupFunction | undefined
  readonly ttlMs?: number | undefined
  readonly now?: () => number
}): LookupFunction {
  const { lookup = dns.lookup as unknown as LookupFunction, ttlMs = 10_000, now = () => performance.now() } = options
  const known = new LRUCache<string, Entry>({ max: 1000 })
  const asking = new Map<string, Callback[]>()

  function resolve(hostname: string, family: number, done: Callback): void {
    const key = JSON.stringify([hostname, family])
    const entry = known.get(key)
    if (entry !== undefined && entry.freshUntil > now()) return done(null, entry.addresses)
    const waiting = asking.get(key)
    if (waiting !== undefined) {
      waiting.push(done)
      return
    }
    const callbacks = [done]
    asking.set(key, callbacks)
    const answered = (
      error: NodeJS.ErrnoException | null,
      found: LookupAddress[] | string,
      foundFamily?: number,
    ): void => {
      asking.delete(key)
      const addresses = typeof found === 'string' ? [{ address: found, family: foundFamily ?? isIP(found) }] : found
      const good = error === null && addresses?.length > 0
      if (good) known.set(key, { addresses, freshUntil: now() + ttlMs })
      const answer = good ? addresses : known.get(key)?.addresses
      for (const callback of callbacks)
        answer === undefined ? callback(error ?? new Error(`no address for ${hostname}`), []) : callback(null, answer)
    }
    try {
      lookup(hostname, { all: true, family } as LookupAllOptions, answered as never)
    } catch (error) {
      // Else whoever asks for that name later would wait for ever.
      if (asking.get(key) !== callbacks) throw error
      answered(error as NodeJS.ErrnoException, [])
    }
  }

  return ((hostname: string, given: LookupOptions, callback: (...result: unknown[]) => void) => {
    resolve(hostname, typeof given.family === 'number' ? given.family : 0, (error, addresses) => {
      if (error !== null) callback(error)
      else if (given.all === true) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  }) as LookupFunction
}
