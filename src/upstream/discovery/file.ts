import { dirname, resolve } from 'node:path'
import { asError } from '../../errors.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { type Clock, realClock } from '../clock.js'
import type { Discovery, EndpointList } from '../discovery.js'
import { FolderWatch } from './folder-watch.js'
import { readText } from './read-text.js'
import { Bell, stoppable } from './stoppable.js'

export interface FileDiscoveryOptions {
  /** The file, relative to the working directory. */
  readonly path: string
  /** Makes a list of the file's text. @default JSON: an array of URLs or endpoints, or an object whose `endpoints` is one */
  readonly parse?: ((text: string) => EndpointList) | undefined
  /** When to look whether or not the system told of a change, as it doesn't on network file systems. @default 5000 */
  readonly intervalMs?: Milliseconds | undefined
  /** From a change to the look, so that who writes in pieces gets done. @default 50 */
  readonly settleMs?: Milliseconds | undefined
  /** A longer file is refused. @default 1048576 */
  readonly maxBytes?: Bytes | undefined
  /** Timers of the looks. @default real time */
  readonly clock?: Clock | undefined
}

/**
 * Endpoints from a file, read again when it changes: written in place, replaced by a rename, or behind a symbolic link that is
 * swapped, as Kubernetes does with a ConfigMap. A file that is missing, half written or not valid is trouble: the last list stays.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const users = createPool({ name: 'users', discovery: fileDiscovery({ path: '/etc/edge/users.json' }) })
 * ```
 */
export function fileDiscovery(options: FileDiscoveryOptions): Discovery {
  checkOptions('fileDiscovery', options, {
    path: check.string,
    parse: check.function,
    intervalMs: check.duration,
    settleMs: check.duration,
    maxBytes: check.whole(1, 2 ** 30),
    clock: check.object,
  })
  if (options.path === undefined) throw optionError('fileDiscovery', 'path', undefined, 'a non-empty string')
  const { parse = parseJson, intervalMs = 5_000, settleMs = 50, maxBytes = 2 ** 20, clock = realClock } = options
  const path = resolve(options.path)

  return stoppable(async function* lists(signal) {
    const bell = new Bell()
    const folder = new FolderWatch(dirname(path), () => bell.ring(), settleMs, clock)
    let poll: unknown
    let last: string | undefined
    try {
      for (;;) {
        // Before the look, so that no change falls between the two.
        folder.start()
        const found = await readText(path, maxBytes)
        signal.throwIfAborted()
        const seen = typeof found === 'string' ? `text ${found}` : found.message
        if (seen !== last) yield typeof found === 'string' ? understood(parse, found, path) : found
        last = seen
        poll = clock.setTimeout(() => bell.ring(), intervalMs)
        await bell.heard(signal)
        clock.clearTimeout(poll)
      }
    } finally {
      clock.clearTimeout(poll)
      folder.close()
    }
  })
}

function understood(parse: (text: string) => EndpointList, text: string, path: string): EndpointList | Error {
  try {
    const list = parse(text)
    if (Array.isArray(list)) return list
    throw new Error('no array of endpoints')
  } catch (error) {
    return new Error(`${path} is not valid: ${asError(error).message}`, { cause: error })
  }
}

function parseJson(text: string): EndpointList {
  const value = JSON.parse(text)
  return Array.isArray(value) ? value : value.endpoints
}
