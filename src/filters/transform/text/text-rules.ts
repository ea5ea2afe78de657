import type { Exchange } from '../../../exchange.js'
import { type Check, check, checkOptions, optionError } from '../../../options.js'
import { matchesInBoundedTime } from '../../access/text-pattern.js'
import { LiteralStage } from './literal-stage.js'
import { PatternStage } from './pattern-stage.js'
import type { TextReplacement, TextStage } from './text-stage.js'

/** One text to find, and what takes its place. */
export interface TextRule {
  /**
   * A text, compared as it is; or a regular expression, which may have flags `i`, `m`, `s` and `u`, one unbounded repetition, and no
   * look-arounds or back references, so that no page can make it take long.
   */
  readonly find: string | RegExp
  /** What takes its place: a text, in which `$1`, `$<name>` and `$&` stand for what a regular expression caught; or a function that makes one. */
  readonly with: string | TextReplacement
  /** Longest match of a regular expression, in characters, 1 to 4096. What is longer stays. @default 256 */
  readonly maxLength?: number | undefined
  /** Whether only the first is replaced. @default false */
  readonly once?: boolean | undefined
}

/** Makes a rule's stage for one body. */
export type MakeStage = (exchange: Exchange) => TextStage

/** A rule, read. */
export interface ReadTextRule {
  readonly isLiteral: boolean
  /** Whether both what is found and what takes its place are known to be ASCII. */
  readonly isAscii: boolean
  /** @param coded Writes a text the way the body's is read. */
  stage(coded: (text: string) => string): MakeStage
}

const LONGEST_FIND = 4_096

const isFind: Check = (value) =>
  (typeof value === 'string' && value !== '' && value.length <= LONGEST_FIND) || value instanceof RegExp
    ? undefined
    : `a text of up to ${LONGEST_FIND} characters, or a regular expression`

const isWith: Check = (value) =>
  typeof value === 'string' || typeof value === 'function' ? undefined : 'a text, or a function'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readTextRule(factory: string, rule: TextRule): ReadTextRule {
  checkOptions(factory, rule, {
    find: isFind,
    with: isWith,
    maxLength: check.whole(1, 4_096),
    once: check.boolean,
  })
  const { find, with: by, maxLength = 256, once = false } = rule
  if (find === undefined) throw optionError(factory, 'find', find, isFind(find)!)
  if (by === undefined) throw optionError(factory, 'with', by, isWith(by)!)
  if (typeof find === 'string') {
    return {
      isLiteral: true,
      isAscii: isAscii(find) && typeof by === 'string' && isAscii(by),
      stage: (coded) => {
        const sought = coded(find)
        const fixed = typeof by === 'string' ? coded(by) : null
        const replacement: TextReplacement =
          typeof by === 'string' ? () => fixed! : (_match, exchange) => coded(by([find], exchange))
        return (exchange) => new LiteralStage(sought, replacement, once, exchange)
      },
    }
  }
  const allowed = /^[dgimsuy]*$/.test(find.flags) && matchesInBoundedTime(find)
  if (!allowed) throw optionError(factory, 'find', find.source, 'see TextRule.find')
  const flags = `${find.flags.replace(/[dgy]/g, '')}g`
  const replacement: TextReplacement = typeof by === 'string' ? compileTemplate(by) : by
  return {
    isLiteral: false,
    isAscii: false,
    // `lastIndex` makes a regular expression one that no two bodies may share.
    stage: () => (exchange) => new PatternStage(new RegExp(find.source, flags), maxLength, replacement, once, exchange),
  }
}

/** `$1`, `$<name>`, `$&` and `$$`, as in `String.prototype.replace`. */
function compileTemplate(template: string): TextReplacement {
  const parts = template.split(/\$(\$|&|[1-9]\d?|<[^>]+>)/)
  if (parts.length === 1) return () => template
  return (match) => {
    const { groups } = match as RegExpExecArray
    return parts.map((part, index) => (index % 2 === 0 ? part : caught(part, match, groups))).join('')
  }
}

function caught(
  name: string,
  match: readonly (string | undefined)[],
  groups: Readonly<Record<string, string>> | undefined,
): string {
  if (name === '$') return '$'
  const value = name === '&' ? match[0] : name.startsWith('<') ? groups?.[name.slice(1, -1)] : match[Number(name)]
  return value ?? ''
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text)
}
