import type { Filter } from '../../../filter.js'
import { isJson } from '../../../http/media-type.js'
import { type Bytes, check, checkOptions } from '../../../options.js'
import { type BodyChange, isUtf8Charset } from '../body-change.js'
import { type BodyFilterOptions, bodyFilter, bodyFilterChecks, type ReplyChoice } from '../body-filter.js'
import { compileJsonRules, type JsonEdit, type JsonRules } from './json-rules.js'
import { readJson } from './read-json.js'

export interface TransformJsonOptions extends BodyFilterOptions {
  /** What becomes of the JSON bodies of requests. @default they pass as they came */
  readonly request?: JsonRules | undefined
  /** What becomes of those of replies. @default they pass as they came */
  readonly reply?: (JsonRules & ReplyChoice) | undefined
  /** Longest body, plain; it is held in memory whole. A longer request is a 413. @default 1048576 (1 MiB) */
  readonly maxBytes?: Bytes | undefined
  /** Deepest nesting of objects and arrays, up to 1000. @default 100 */
  readonly maxDepth?: number | undefined
  /**
   * What becomes of an object that has a name twice: `refuse` makes it unreadable, `last` takes the last, as most parsers do.
   * @default 'refuse'
   */
  readonly duplicateNames?: 'refuse' | 'last' | undefined
}

/**
 * Changes JSON bodies on their way, of requests, of replies, or of both: takes out, renames and sets members, or makes another value of the
 * whole. Types are `application/json` and those that end in `+json`. Numbers that are not touched stay what they were, however long.
 *
 * A request that is not JSON though it says so is a 400; see `unreadable` for a reply. See `docs/transforming.md`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; `ERR_EDGE_HAND_OVER` from `compose` in front of `handOver()`.
 * @example
 * ```ts
 * const tidy = transformJson({
 *   request: { set: { '/tenant': ({ params }) => params['tenant'] } },
 *   reply: { remove: ['/user/passwordHash'], rename: { '/user': 'person' } },
 * })
 * ```
 */
export function transformJson(options: TransformJsonOptions): Filter {
  checkOptions('transformJson', options, {
    request: check.object,
    reply: check.object,
    maxBytes: check.whole(1, 512 * 1024 * 1024),
    // V8 writes JSON recursively: its stack ends between 1,000 and 5,000 levels.
    maxDepth: check.whole(1, 1_000),
    duplicateNames: check.oneOf('refuse', 'last'),
    ...bodyFilterChecks,
  })
  const { request, reply } = options
  const { only, ...rules } = reply ?? {}
  checkOptions('transformJson({ reply })', { only }, { only: check.function })
  return bodyFilter(
    'transformJson',
    {
      request: request && jsonChange(compileJsonRules('transformJson({ request })', request), options),
      reply: reply && {
        change: jsonChange(compileJsonRules('transformJson({ reply })', rules), options),
        rules: { only },
      },
    },
    options,
  )
}

function jsonChange(edit: JsonEdit, options: TransformJsonOptions): BodyChange {
  const { maxBytes = 1024 * 1024, maxDepth = 100, duplicateNames } = options
  return {
    matches: isJson,
    readsCharset: isUtf8Charset,
    contentType: undefined,
    work: {
      kind: 'whole',
      maxBytes,
      run: (text, exchange) => {
        const value = readJson(text, maxDepth, duplicateNames === 'last' ? 'allow' : 'refuse')
        const made = edit(value, exchange)
        return made instanceof Promise ? made.then(written) : written(made)
      },
    },
  }
}

/** A value as JSON; what has no form in it, a function say, is `null`. */
function written(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}
