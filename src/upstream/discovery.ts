import type { EndpointOptions } from './endpoint.js'

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
export type Discovery = AsyncIterable<readonly (string | URL | EndpointOptions)[]>
