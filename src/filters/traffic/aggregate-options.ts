import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../options.js'

/** One of the answers that an aggregate is made of. */
export interface AggregatePart {
  /** Who answers it. */
  readonly handler: Handler
  /** What to ask it: a path as rewrites have them, `/users/{params.id}`. @default the path that was asked */
  readonly path?: string | undefined
  /**
   * What stands in its place if it fails: does not answer in time, answers with another status than 2xx, or with what is not JSON. `undefined` makes
   * the part a required one, whose failure is the whole's.
   */
  readonly fallback?: unknown
  /** How long it may take. @default the aggregate's */
  readonly timeoutMs?: Milliseconds | undefined
}

export interface AggregateOptions {
  /** By the name that each has in the result. */
  readonly parts: Readonly<Record<string, AggregatePart>>
  /** Makes the result out of the parts, as parsed. @default an object of all parts, each in the words of its upstream */
  readonly merge?: ((parts: Readonly<Record<string, unknown>>, exchange: Exchange) => unknown) | undefined
  /** How long each part may take. @default 5_000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** What a part may be at most. @default 1 MiB */
  readonly maxPartBytes?: Bytes | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkAggregateOptions(options: AggregateOptions): void {
  checkOptions('aggregate', options, {
    parts: check.object,
    merge: check.function,
    timeoutMs: check.duration,
    maxPartBytes: check.whole(1, 268_435_456),
  })
  const parts = Object.entries(options.parts ?? {})
  if (parts.length === 0) throw optionError('aggregate', 'parts', options.parts, 'at least one part by its name')
  for (const [name, part] of parts) {
    const factory = `aggregate, part "${name}"`
    checkOptions(factory, part, {
      handler: check.function,
      path: check.string,
      fallback: check.anything,
      timeoutMs: check.duration,
    })
    if (part.handler === undefined) throw optionError(factory, 'handler', undefined, 'a handler')
    if (part.handler.handsOver === true) throw optionError(factory, 'handler', part.handler, 'one that answers itself')
  }
}
