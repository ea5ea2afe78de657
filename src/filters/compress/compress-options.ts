import type { ContentCoding } from '../../http/accept-encoding.js'
import { loadPackage } from '../../load-package.js'
import { type Bytes, type Check, check, checkOptions, type Milliseconds } from '../../options.js'
import type { BreachGuard } from './breach.js'
import type { CompressQuestion, Eligibility } from './eligible.js'
import type { Levels } from './encoders.js'

export interface CompressOptions {
  /** What is offered, in the order that decides when a client likes several alike. @default ['zstd', 'br', 'gzip', 'deflate'] */
  readonly encodings?: readonly ContentCoding[] | undefined
  /** Shorter replies pass as they are. @default 1024 */
  readonly threshold?: Bytes | undefined
  /** Whether a reply that may be compressed is. @default by its Content-Type, as `compressible` is in the question */
  readonly filter?: ((question: CompressQuestion) => boolean) | undefined
  /** Of gzip and deflate, 1 to 9. From 5 to zlib's own 6 costs a third more time and saves one or two per cent. @default 5 */
  readonly level?: number | undefined
  /** 0 to 11; past 5 it is for files that are compressed once (H-170). @default 4 */
  readonly brotliQuality?: number | undefined
  /** 1 to 19. @default 3 */
  readonly zstdLevel?: number | undefined
  /** Whether server-sent events are compressed, each flushed as it comes. It takes an encoder for as long as a client listens. @default false */
  readonly eventStreams?: boolean | undefined
  /**
   * A stream that is silent this long is flushed; 0 flushes after every write, `false` never. Server-sent events and replies with
   * `X-Accel-Buffering: no` are flushed at once. @default 25
   */
  readonly flushAfterMs?: Milliseconds | false | undefined
  /**
   * Which replies stay uncompressed lest their length tell a secret (BREACH). `cross-site`: those that another site's page made a browser ask
   * for with its cookies or password. `credentials`: all to requests with Cookie or Authorization, and those that set cookies.
   * @default 'cross-site'
   */
  readonly breachGuard?: BreachGuard | undefined
  /**
   * Streams that are compressed at a time; past it replies go out as they are. Each takes up to 1 MiB, and a turn in the pool of four threads
   * that files and DNS share (H-170). @default 128
   */
  readonly maxEncoders?: number | undefined
  /** Asks the upstream for plain replies (`Accept-Encoding: identity`), so that its time is not spent on this. @default false */
  readonly offload?: boolean | undefined
}

export interface ReadCompressOptions extends Levels, Eligibility {
  readonly encodings: readonly ContentCoding[]
  /** `Infinity` for never. */
  readonly flushAfterMs: Milliseconds
  readonly breachGuard: BreachGuard
  readonly maxEncoders: number
  readonly offload: boolean
}

const CODINGS: readonly ContentCoding[] = ['zstd', 'br', 'gzip', 'deflate']

const someCodings: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  new Set(value).size === value.length &&
  value.every((each) => CODINGS.includes(each))
    ? undefined
    : `some of ${CODINGS.map((coding) => `'${coding}'`).join(', ')}, each once`

const isFalse: Check = (value) => (value === false ? undefined : 'false')

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readCompressOptions(options: CompressOptions): ReadCompressOptions {
  checkOptions('compress', options, {
    encodings: someCodings,
    threshold: check.whole(0, Number.MAX_SAFE_INTEGER),
    filter: check.function,
    level: check.whole(1, 9),
    brotliQuality: check.whole(0, 11),
    zstdLevel: check.whole(1, 19),
    eventStreams: check.boolean,
    flushAfterMs: check.either(check.whole(0, 60_000), isFalse),
    breachGuard: check.either(check.oneOf('cross-site', 'credentials'), isFalse),
    maxEncoders: check.whole(1, 100_000),
    offload: check.boolean,
  })
  const { flushAfterMs = 25 } = options
  const compressible = loadPackage<typeof import('compressible')>('compressible', 'compress')
  return {
    encodings: options.encodings ?? CODINGS,
    threshold: options.threshold ?? 1024,
    shrinks: (type) => compressible(type) === true,
    filter: options.filter ?? null,
    level: options.level ?? 5,
    brotliQuality: options.brotliQuality ?? 4,
    zstdLevel: options.zstdLevel ?? 3,
    eventStreams: options.eventStreams ?? false,
    flushAfterMs: flushAfterMs === false ? Infinity : flushAfterMs,
    breachGuard: options.breachGuard ?? 'cross-site',
    maxEncoders: options.maxEncoders ?? 128,
    offload: options.offload ?? false,
  }
}
