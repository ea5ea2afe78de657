import { asError } from '../errors.js'
import type { EndpointOptions } from './endpoint.js'

/** All endpoints that there are at the moment. */
export type EndpointList = readonly (string | URL | EndpointOptions)[]

/**
 * Tells which endpoints there are: each list replaces the one before. The pool adds, removes and re-weights what differs, and
 * keeps the last list when the source fails.
 *
 * @example
 * ```ts
 * async function* fromRegistry(): Discovery {
 *   while (true) {
 *     yield await registry.list('users') // ['http://10.0.0.1:3000', …]
 *     await setTimeout(10_000)
 *   }
 * }
 * ```
 */
export type Discovery = AsyncIterable<EndpointList | Error>

export interface FollowDiscoveryOptions {
  readonly apply: (list: EndpointList) => void
  readonly failed: (error: Error) => void
}

/** Follows a source of endpoints until stopped. */
export function followDiscovery(discovery: Discovery, { apply, failed }: FollowDiscoveryOptions): () => void {
  const source = discovery[Symbol.asyncIterator]()
  let stopped = false
  const run = async (): Promise<void> => {
    while (!stopped) {
      const { done, value } = await source.next()
      if (stopped || done === true) return
      try {
        if (value instanceof Error) throw value
        apply(value)
      } catch (error) {
        failed(asError(error))
      }
    }
  }
  run().catch((error: unknown) => {
    if (!stopped) failed(asError(error))
  })
  return () => {
    stopped = true
    source.return?.().catch(() => {})
  }
}
