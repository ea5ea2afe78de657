import type { Filter } from '../../../filter.js'
import { type Check, check, checkOptions, optionError } from '../../../options.js'
import { type BodyChange, isUtf8Charset } from '../body-change.js'
import { type BodyFilterOptions, bodyFilter, bodyFilterChecks, type ReplyChoice } from '../body-filter.js'
import { bytewise, mapped, replaced, type TextMap, utf8 } from './text-flow.js'
import { readTextRule, type TextRule } from './text-rules.js'

/** Changes to a text: `replace`, then `map`. */
export interface TextRules {
  /** What to replace, one rule after the other, each in what the one before it has made. @default none */
  readonly replace?: readonly TextRule[] | undefined
  /** Makes other text of it: an async generator over its pieces, or what pipes them through a `TransformStream`. @default none */
  readonly map?: TextMap | undefined
}

export interface TransformTextOptions extends BodyFilterOptions {
  /** What becomes of the text of requests. @default it passes as it came */
  readonly request?: TextRules | undefined
  /** What becomes of the text of replies. @default it passes as it came */
  readonly reply?: (TextRules & ReplyChoice) | undefined
  /** Media types that are meant, without parameters; `text/*` is every subtype. @default ['text/html'] */
  readonly types?: readonly string[] | undefined
}

/**
 * Changes text as it flows, as NGINX's `sub_filter` and Apache's `mod_substitute`: what is sought is found across chunks, and no body is held
 * in memory. Text is UTF-8; rules of plain ASCII texts also work on other charsets that hold one byte a character.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; `ERR_EDGE_HAND_OVER` from `compose` in front of `handOver()`.
 * @example
 * ```ts
 * const links = transformText({ reply: { replace: [{ find: 'http://app.internal/', with: '/' }] } })
 * ```
 */
export function transformText(options: TransformTextOptions): Filter {
  checkOptions('transformText', options, {
    request: check.object,
    reply: check.object,
    types: mediaRanges,
    ...bodyFilterChecks,
  })
  const { request, reply, types = ['text/html'] } = options
  const { only, ...rules } = reply ?? {}
  checkOptions('transformText({ reply })', { only }, { only: check.function })
  const meant = compileTypes(types)
  return bodyFilter(
    'transformText',
    {
      request: request && textChange('transformText({ request })', request, meant),
      reply: reply && { change: textChange('transformText({ reply })', rules, meant), rules: { only } },
    },
    options,
  )
}

function textChange(factory: string, rules: TextRules, meant: BodyChange['matches']): BodyChange {
  checkOptions(factory, rules, { replace: check.array, map: check.function })
  const { replace, map } = rules
  if (map === undefined && (replace === undefined || replace.length === 0))
    throw optionError(factory, 'replace', replace, 'rules, or a map')
  const read = (replace ?? []).map((rule, at) => readTextRule(`${factory}.replace[${at}]`, rule))
  const isBytewise = map === undefined && read.every(({ isLiteral }) => isLiteral)
  const isAscii = isBytewise && read.every((rule) => rule.isAscii)
  const coding = isBytewise ? bytewise : utf8
  const coded = (text: string): string => (isBytewise ? Buffer.from(text).toString('latin1') : text)
  const stages = read.map((rule) => rule.stage(coded))
  return {
    matches: meant,
    readsCharset: (charset) => isUtf8Charset(charset) || (isAscii && SINGLE_BYTE.test(charset!)),
    contentType: undefined,
    work: {
      kind: 'flow',
      mayFail: false,
      run: (body, _failure, exchange) => {
        const text = stages.length === 0 ? body : replaced(body, stages, coding, exchange)
        return map === undefined ? (text as ReturnType<typeof replaced>) : mapped(text, map, exchange)
      },
    },
  }
}

/** Charsets in which every byte below 128 is that ASCII character, and no other byte is part of one. */
const SINGLE_BYTE = /^(?:us-ascii|iso-8859-\d{1,2}|windows-125\d|koi8-[ru])$/i

const RANGE = /^[!#$%&'*+.^_`|~0-9a-z-]+\/(?:\*|[!#$%&'+.^_`|~0-9a-z-]+)$/i

const mediaRanges: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && RANGE.test(each))
    ? undefined
    : 'media types, as text/html or text/*'

function compileTypes(types: readonly string[]): BodyChange['matches'] {
  const whole = new Set(types.map((type) => type.toLowerCase()))
  return ({ essence }) => whole.has(essence) || whole.has(`${essence.slice(0, essence.indexOf('/'))}/*`)
}
