import type { Exchange } from '../../exchange.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Outcome } from '../../outcome.js'
import { compilePaths } from '../../routing/path-set.js'
import { fraction } from '../../upstream/concurrency-limit.js'

/**
 * What counts against a client.
 *
 * | `count`          | is                                                                                            |
 * | ---------------- | --------------------------------------------------------------------------------------------- |
 * | `'requests'`     | each request                                                                                  |
 * | `'errors'`       | 4xx replies, whoever they came from; HAProxy's `http_err`                                      |
 * | `'unauthorized'` | 401                                                                                           |
 * | `'not-found'`    | 404                                                                                           |
 * | `'limited'`      | 429                                                                                           |
 * | `'denied'`       | what filters behind the ban denied by a 4xx, as their `denied` events tell                    |
 * | `'anomalies'`    | `anomaly` events                                                                              |
 * | `[401, 403]`     | replies of these statuses                                                                     |
 * | `['/.env']`      | requests for paths that match one of these patterns, which no honest client asks for          |
 * | a function       | outcomes of which it says so                                                                  |
 */
export type BanCount =
  | 'requests'
  | 'errors'
  | 'unauthorized'
  | 'not-found'
  | 'limited'
  | 'denied'
  | 'anomalies'
  | readonly number[]
  | readonly string[]
  | ((outcome: Outcome, exchange: Exchange) => boolean)

/** When a client is banned, and for how long. */
export interface BanRule {
  /** What is counted. */
  readonly count: BanCount
  /** As many within the window bring a ban. */
  readonly limit: number
  /** The window that `limit` is for. @default 60_000 */
  readonly windowMs?: Milliseconds | undefined
  /** How long the first ban lasts. @default 600_000 */
  readonly banMs?: Milliseconds | undefined
  /** How many times as long each further one lasts, if it comes before as much time has passed as the last ban took. @default 2 */
  readonly growth?: number | undefined
}

/** When a rule counts: as a request comes, when it has settled, or at an event that names it. */
export type Moment = 'request' | 'settled' | 'denied' | 'anomaly'

/** A rule, checked and filled in. */
export interface CompiledRule {
  readonly moment: Moment
  /** Whether it counts; asked at its moment, with an outcome if that is `settled`. */
  counts(exchange: Exchange, outcome: Outcome | null): boolean
  /** In words, for who listens; holds nothing that a client sent. */
  readonly why: string
  readonly limit: number
  readonly windowMs: Milliseconds
  readonly banMs: Milliseconds
  readonly growth: number
}

const COUNTS =
  "'requests', 'errors', 'unauthorized', 'not-found', 'limited', 'denied', 'anomalies', statuses, path patterns or a function"

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileBanRule(rule: BanRule): CompiledRule {
  checkOptions('ban rule', rule, {
    count: check.anything,
    limit: check.whole(1, 1_000_000),
    windowMs: check.duration,
    banMs: check.duration,
    growth: fraction(1, 100),
  })
  const { limit, windowMs = 60_000, banMs = 600_000, growth = 2 } = rule
  if (limit === undefined) throw optionError('ban rule', 'limit', limit, 'a whole number from 1 to 1000000')
  const { moment, counts, what } = readCount(rule.count)
  return { moment, counts, why: `${limit} ${what} within ${windowMs} ms`, limit, windowMs, banMs, growth }
}

type Counting = Pick<CompiledRule, 'moment' | 'counts'> & { readonly what: string }

const always = (): boolean => true

function readCount(count: BanCount): Counting {
  if (typeof count === 'function')
    return { moment: 'settled', what: 'outcomes', counts: (exchange, outcome) => count(outcome!, exchange) === true }
  if (Array.isArray(count) && count.length > 0) return readList(count)
  switch (count) {
    case 'requests':
      return { moment: 'request', what: 'requests', counts: always }
    case 'denied':
      return { moment: 'denied', what: 'denials', counts: always }
    case 'anomalies':
      return { moment: 'anomaly', what: 'anomalies', counts: always }
    case 'errors':
      return byStatus('errors', (status) => status >= 400 && status < 500)
    case 'unauthorized':
      return byStatus('times unauthorized', (status) => status === 401)
    case 'not-found':
      return byStatus('times not found', (status) => status === 404)
    case 'limited':
      return byStatus('times limited', (status) => status === 429)
    default:
      throw optionError('ban rule', 'count', count, COUNTS)
  }
}

function readList(list: readonly (number | string)[]): Counting {
  if (list.every((each) => typeof each === 'number' && Number.isInteger(each) && each >= 200 && each <= 599)) {
    const statuses = new Set(list)
    return byStatus(`replies of ${list.join(', ')}`, (status) => statuses.has(status))
  }
  if (!list.every((each) => typeof each === 'string')) throw optionError('ban rule', 'count', list, COUNTS)
  const matches = compilePaths(list, 'ban rule', 'count')
  return { moment: 'request', what: 'requests for listed paths', counts: ({ target }) => matches(target.path) }
}

function byStatus(what: string, test: (status: number) => boolean): Counting {
  return {
    moment: 'settled',
    what,
    counts: (_exchange, outcome) => outcome !== null && outcome.status !== null && test(outcome.status),
  }
}
