import type { EdgeError } from '../../errors.js'
import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import type { HeaderMap } from '../../http/header-map.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../options.js'

export interface MirrorOptions {
  /** Who gets the copies, as `forward({ pool })`; its replies go nowhere. */
  readonly to: Handler
  /** How many of a hundred requests are copied. @default 100 */
  readonly percent?: number | undefined
  /** Which requests may be copied. @default all */
  readonly when?: ((exchange: Exchange) => boolean) | undefined
  /** Copies under way at once; past it requests are not copied. @default 100 */
  readonly maxInFlight?: number | undefined
  /** How far a copy of a streamed body may lag behind before it is given up. @default 1 MiB */
  readonly maxLagBytes?: Bytes | undefined
  /** How long a copy may take. @default 10_000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** Sees both answers, when both have ended. What it throws is a `fault`, and nobody else's business. @default none */
  readonly compare?: ((comparison: MirrorComparison) => void) | undefined
  /** What of each body `compare` sees at most. @default 64 KiB */
  readonly maxCompareBytes?: Bytes | undefined
  /** Numbers from 0 to below 1. @default Math.random */
  readonly random?: (() => number) | undefined
  /** Where `mirror` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** One of two answers. */
export interface MirrorAnswer {
  /** `null` where there was none. */
  readonly status: number | null
  readonly headers: HeaderMap
  /** `null` if it was longer than `maxCompareBytes`, or did not come to its end. */
  readonly body: Uint8Array | null
  /** Why there was none, or why its body did not come to its end; `null` if all went well. */
  readonly error: EdgeError | Error | null
  /** From the request to the end of the body. */
  readonly tookMs: Milliseconds
}

/** What `compare` is given. */
export interface MirrorComparison {
  readonly exchange: Exchange
  /** What the client got. */
  readonly main: MirrorAnswer
  /** What the copy was answered. */
  readonly mirrored: MirrorAnswer
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkMirrorOptions(options: MirrorOptions): void {
  checkOptions('mirror', options, {
    to: check.function,
    percent: (value) =>
      typeof value === 'number' && value >= 0 && value <= 100 ? undefined : 'a number from 0 to 100',
    when: check.function,
    maxInFlight: check.whole(1, 100_000),
    maxLagBytes: check.whole(0, 1_073_741_824),
    timeoutMs: check.duration,
    compare: check.function,
    maxCompareBytes: check.whole(0, 67_108_864),
    random: check.function,
    events: check.object,
  })
  if (options.to === undefined) throw optionError('mirror', 'to', undefined, 'a handler')
}
