import { dirname, resolve } from 'node:path'
import { asError } from '../errors.js'
import { type Bytes, check, checkOptions, type Milliseconds } from '../options.js'
import { type Clock, realClock } from '../upstream/clock.js'
import { readText } from '../upstream/discovery/read-text.js'
import { openWorkshop } from './build.js'
import { type ConfiguredGateway, DocumentGateway } from './configured-gateway.js'
import { ContentWatch } from './content-watch.js'
import { type ConfigContext, checkContext } from './context.js'
import type { FileStates } from './document/file-states.js'
import { ConfigError } from './document/problems.js'
import { type ReadDocument, readDocument } from './document/read-document.js'
import type { EdgeConfig } from './edge-config.js'

export interface LoadOptions extends ConfigContext {
  /** Whether the file, and those that it names by `${file:PATH}`, are followed: what changes is in force at once. @default false */
  readonly watch?: boolean | WatchOptions | undefined
  /** A longer file is refused. @default 1048576 (1 MiB) */
  readonly maxBytes?: Bytes | undefined
}

/** How a file is followed. */
export interface WatchOptions {
  /** From a change to the look, and between the two looks that must see the same. @default 50 */
  readonly settleMs?: Milliseconds | undefined
  /** When to look whether or not the system told of a change, as it doesn't on network file systems. @default 5000 */
  readonly intervalMs?: Milliseconds | undefined
  /** Timers of the looks. @default real time */
  readonly clock?: Clock | undefined
}

/**
 * Makes a gateway of a YAML or JSON file. Resolves when every filter has started.
 *
 * With `watch` the gateway follows the file. One that is wrong, or gone, changes nothing: the `configuration` event tells where, as
 * `edge.yaml:14:7 routes[2].filters[0].rateLimit.limit: …`.
 *
 * @param path Relative to the working directory.
 * @throws {@link ConfigError} naming every place that is wrong; {@link EdgeError} `ERR_EDGE_OPTION` for the options; what a filter's
 * `start` rejects with.
 * @example
 * ```ts
 * const edge = await loadGateway('edge.yaml', { watch: true })
 * app.use(toExpress(edge))
 * process.on('SIGHUP', () => edge.reload().catch(console.error))
 * ```
 */
export async function loadGateway(path: string, options: LoadOptions = {}): Promise<ConfiguredGateway> {
  checkOptions('loadGateway', { path }, { path: check.string })
  const { watch = false, maxBytes = 2 ** 20, ...context } = options
  checkContext('loadGateway', options, {
    watch: check.either(check.boolean, check.object),
    maxBytes: check.whole(1, 2 ** 30),
  })
  if (typeof watch === 'object')
    checkOptions('loadGateway watch', watch, {
      settleMs: check.duration,
      intervalMs: check.duration,
      clock: check.object,
    })
  const file = resolve(path)
  const workshop = openWorkshop(context, dirname(file))
  const { sources, filters } = workshop
  const schemaOf = (plugin: string): object | undefined => filters.schemaOf(plugin)
  let known: FileStates = new Map()
  const read = async (object: EdgeConfig | undefined): Promise<ReadDocument> => {
    if (object !== undefined) return readDocument({ file: null, object }, sources, new Map(), schemaOf)
    const text = await readText(file, maxBytes)
    const files = new Map<string, string | Error>([[file, text]])
    known = files
    if (typeof text === 'string') return readDocument({ file: path, text }, sources, files, schemaOf)
    throw new ConfigError(
      [{ file: path, line: null, column: null, path: '', message: `can't be read: ${text.message}` }],
      0,
    )
  }
  const gateway = await DocumentGateway.open(workshop, read)
  const { events } = workshop
  if (watch === false) return gateway
  const { settleMs = 50, intervalMs = 5_000, clock = realClock } = watch === true ? {} : watch
  const changed = (): Promise<void> =>
    gateway.reload().then(
      () => events.emit('configuration', { source: path, change: 'loaded', why: 'the file changed' }),
      (error) => {
        // Else it is no fault of the file's.
        if (!gateway.traffic.draining)
          events.emit('configuration', { source: path, change: 'kept', why: asError(error).message })
      },
    )
  gateway.watchedBy(new ContentWatch({ known: () => known, changed, settleMs, intervalMs, clock }))
  return gateway
}
