import { defineFilter, type Filter } from '../../filter.js'
import { changeHeaders, emptyHeaders, type HeaderMap } from '../../http/header-map.js'
import { checkOptions, optionError } from '../../options.js'
import { problem } from '../../problem.js'
import { changeReply } from '../reply-fields.js'

export interface DeprecationOptions {
  /** Since when, or from when on, it is not to be used any more. */
  readonly since: Date
  /** When it will stop to answer; not before `since`. @default not said */
  readonly sunset?: Date | undefined
  /** Where it says why and what to use instead. @default none */
  readonly link?: string | undefined
  /** What takes its place. @default none */
  readonly successor?: string | undefined
  /** Whether requests past `sunset` are answered with 410. @default false */
  readonly enforce?: boolean | undefined
  /** The clock that `sunset` is held against, in milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

/**
 * Tells clients that what they ask will go: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and links to what to read and what to use. An
 * upstream's own fields of these names are replaced; links are added to its own.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const old = deprecation({ since: new Date('2026-06-01'), sunset: new Date('2027-06-01'), link: 'https://docs.example/v1' })
 * ```
 */
export function deprecation(options: DeprecationOptions): Filter {
  const date = (value: unknown): string | undefined =>
    value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : 'a valid Date'
  const uri = (value: unknown): string | undefined =>
    typeof value === 'string' && /^[!#-;=?-Z\\\]_a-z~[]+$/.test(value) ? undefined : 'a URI reference'
  checkOptions('deprecation', options, {
    since: date,
    sunset: date,
    link: uri,
    successor: uri,
    enforce: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
    now: (value) => (typeof value === 'function' ? undefined : 'a function'),
  })
  const { since, sunset, link, successor, enforce = false, now = Date.now } = options
  if (since === undefined) throw optionError('deprecation', 'since', since, 'a valid Date')
  if (sunset !== undefined && sunset < since)
    throw optionError('deprecation', 'sunset', sunset.toISOString(), 'a Date not before "since" (RFC 9745 §4)')
  if (enforce && sunset === undefined) throw optionError('deprecation', 'enforce', enforce, 'only with "sunset"')
  const fields = fieldsOf(options)
  const gone = (): boolean => enforce && now() >= sunset!.getTime()
  const added = [
    ...(link === undefined ? [] : [`<${link}>; rel="deprecation"`]),
    ...(successor === undefined ? [] : [`<${successor}>; rel="successor-version"`]),
  ]
  const change = (headers: HeaderMap): HeaderMap =>
    changeHeaders(
      headers,
      added.length === 0 ? fields : { ...fields, link: [headers['link'] ?? [], added].flat().join(', ') },
    )
  return defineFilter(
    {
      filterName: 'deprecation',
      explain: () =>
        gone()
          ? { verdict: 'deny', why: 'its time is over', status: 410 }
          : { verdict: 'change', about: 'reply', why: 'says that it will go' },
    },
    (exchange, next) =>
      changeReply(
        exchange,
        async () => (gone() ? problem({ status: 410, detail: 'This is not served any more.' }) : next(exchange)),
        change,
      ),
  )
}

function fieldsOf({ since, sunset }: DeprecationOptions): HeaderMap {
  const fields = emptyHeaders()
  // A Date of structured fields (RFC 9651 §3.3.7), while Sunset is an HTTP date.
  fields['deprecation'] = `@${Math.floor(since.getTime() / 1000)}`
  if (sunset !== undefined) fields['sunset'] = sunset.toUTCString()
  return fields
}
