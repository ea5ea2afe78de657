import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { toHeaders } from '../../http/header-map.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { compilePage, type Page } from './page.js'
import { pageReply } from './page-reply.js'

export interface MaintenanceOptions {
  /** Whether it begins with the filter. @default false */
  readonly active?: boolean | undefined
  /** Who gets through all the same: operators, probes. @default nobody */
  readonly allow?: ((exchange: Exchange) => boolean) | undefined
  /** When clients are told to come back, where no end is announced. 0 tells them nothing. @default 300000 */
  readonly retryAfterMs?: Milliseconds | undefined
  /** What clients get to see with the 503. @default a line of text */
  readonly page?: Page | undefined
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** A filter that can be switched at run time. */
export interface Maintenance extends Filter {
  /** Whether it goes on. */
  readonly active: boolean
  /**
   * Answers from now on; what is under way goes on, WebSockets included.
   *
   * @param until When it is to be over: what clients are told. It does not end by itself.
   */
  begin(until?: Date): void
  /** Lets all pass again. */
  end(): void
}

/**
 * Makes the filter that answers 503 with Retry-After while maintenance goes on, but for whom `allow` lets through.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const upkeep = maintenance({ allow: ({ client }) => client.address === '10.0.0.5', page: '<h1>Back at noon</h1>' })
 * upkeep.begin(new Date('2026-12-01T12:00:00Z'))
 * ```
 */
export function maintenance(options: MaintenanceOptions = {}): Maintenance {
  checkOptions('maintenance', options, {
    active: check.boolean,
    allow: check.function,
    retryAfterMs: check.durationOrOff,
    page: check.anything,
    now: check.function,
  })
  const { allow, retryAfterMs = 300_000, now = Date.now } = options
  const page = compilePage('maintenance', 'page', options.page ?? { text: 'down for maintenance\n' })
  let active = options.active ?? false
  let over = 0
  const denies = (exchange: Exchange): boolean => active && allow?.(exchange) !== true
  const deny = (exchange: Exchange): Promise<Reply> => {
    const wait = over === 0 ? retryAfterMs : Math.max(1000, over - now())
    const headers = toHeaders({
      'cache-control': 'no-store',
      ...(wait > 0 && { 'retry-after': Math.ceil(wait / 1000) }),
    })
    return pageReply(page, { status: 503, reply: null, error: null }, headers, exchange)
  }
  const filter = defineFilter(
    {
      filterName: 'maintenance',
      stage: 'guard',
      explain: (exchange) =>
        denies(exchange)
          ? { verdict: 'deny', why: 'maintenance', status: 503 }
          : { verdict: 'pass', why: active ? 'allowed through' : 'no maintenance' },
    },
    (exchange, next) => (denies(exchange) ? deny(exchange) : next(exchange)),
  )
  return Object.defineProperties(filter, {
    active: { get: () => active },
    begin: {
      value: (until?: Date): void => {
        if (until !== undefined && !(until instanceof Date && Number.isFinite(until.getTime())))
          throw optionError('maintenance', 'until', until, 'a Date')
        over = until?.getTime() ?? 0
        active = true
      },
    },
    end: {
      value: (): void => {
        active = false
      },
    },
  }) as Maintenance
}
