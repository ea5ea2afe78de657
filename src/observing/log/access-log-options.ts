import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Outcome } from '../../outcome.js'
import type { Logger } from '../logger.js'
import type { RedactOptions } from '../redact.js'
import type { LogStream } from './line-sink.js'
import { checkLogger, hasMethods } from './logging.js'
import { checkSample, type Sample } from './sampling.js'

export interface AccessLogOptions {
  /** Takes records as objects: pino, winston, or anything of their shape. One of `logger`, `stream` and `write` must be given. @default none */
  readonly logger?: Logger | undefined
  /** Takes lines: a file, a pipe, `process.stdout`. It stays open. @default none */
  readonly stream?: LogStream | undefined
  /** Takes lines, each without its end. @default none */
  readonly write?: ((line: string) => unknown) | undefined
  /** How lines are written: `json`, `common`, `combined`, or a template, as `{client.address} "{method} {path}" {status}`. @default 'json' */
  readonly format?: string | undefined
  /** Whose exchanges are logged: the hub that the gateway has. @default the shared `events` */
  readonly events?: EventHub | undefined
  /** Whether connections of the layer 4 balancer are logged, too. @default false */
  readonly connections?: boolean | undefined
  /**
   * Share of the exchanges to log, from 0 to 1: failures (5xx, and replies that upstream or Edgewise broke off) and slow ones are logged all the
   * same. Or a function that decides alone. @default 1
   */
  readonly sample?: Sample | undefined
  /** From when on an exchange is slow; 0 for never. @default 1_000 */
  readonly slowMs?: Milliseconds | undefined
  /** Secrets to keep out, besides the usual ones. @default the usual ones */
  readonly redact?: RedactOptions | undefined
  /** Request fields to log. Those that carry credentials are logged as `[redacted]`. @default none */
  readonly logHeaders?: readonly string[] | undefined
  /** Fields of your own. One that a record has already is left out. @default none */
  readonly fields?: ((exchange: Exchange, outcome: Outcome) => object) | undefined
  /** The longest text that is logged whole. @default 1_024 */
  readonly maxValueLength?: number | undefined
  /** How much waits for a stream that is slow; what comes then is dropped, and counted. @default 1 MiB */
  readonly maxBufferedBytes?: Bytes | undefined
  /** Draws numbers in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

export const FACTORY = 'accessLog'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkAccessLogOptions(options: AccessLogOptions): void {
  checkOptions(FACTORY, options, {
    logger: checkLogger,
    stream: (value) => (hasMethods(value, ['write', 'on', 'off']) ? undefined : 'a writable stream'),
    write: check.function,
    format: check.string,
    events: check.object,
    connections: check.boolean,
    sample: checkSample,
    slowMs: check.durationOrOff,
    redact: check.object,
    logHeaders: check.strings,
    fields: check.function,
    maxValueLength: check.whole(16, 16_384),
    maxBufferedBytes: check.whole(1_024, 2 ** 30),
    random: check.function,
    now: check.function,
  })
  const { logger, stream, write } = options
  if ([logger, stream, write].filter((each) => each !== undefined).length !== 1)
    throw optionError(FACTORY, 'logger', logger, 'one of "logger", "stream" and "write", and no other')
  if (logger !== undefined && options.format !== undefined)
    throw optionError(FACTORY, 'format', options.format, 'nothing with "logger", which has a format of its own')
}
