import { type Body, bytesBody } from '../../body.js'
import type { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { acceptedType } from '../../http/accepted-type.js'
import { optionError } from '../../options.js'
import type { Reply } from '../../reply.js'

/** One page in several forms: the client's Accept chooses, and the first one is for clients without a preference. */
export interface PageForms {
  /** For browsers. @default none */
  readonly html?: string | undefined
  /** A value, written as JSON. @default none */
  readonly json?: unknown
  /** For terminals and logs. @default none */
  readonly text?: string | undefined
}

/** What a page is about. */
export interface Trouble {
  readonly status: number
  /** What a filter, a handler or the upstream replied; `null` for a failure. Its body is not to be read. */
  readonly reply: Reply | null
  /** What failed; `null` for a reply. Its message is for logs, not for clients (H-058). */
  readonly error: EdgeError | null
}

/** HTML; or several forms; or a function that makes either, or a whole reply, of what happened. */
export type Page = string | PageForms | ((trouble: Trouble, exchange: Exchange) => MadePage | Promise<MadePage>)
/** What a function may make; escaping what it puts into HTML is its business. */
export type MadePage = string | PageForms | Reply

/** A page's own part of a reply. */
export interface Content {
  readonly body: Body
  readonly type: string
  /** Whether another client might have got another form. */
  readonly negotiated: boolean
}

/** A compiled page. */
export type ReadPage = (trouble: Trouble, exchange: Exchange) => Content | Reply | Promise<Content | Reply>

const TYPES = [
  ['html', 'text/html'],
  ['json', 'application/json'],
  ['text', 'text/plain'],
] as const

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compilePage(factory: string, option: string, page: Page): ReadPage {
  if (typeof page === 'function') {
    return async (trouble, exchange) => {
      const made = await page(trouble, exchange)
      if (isReply(made)) return made
      return choose(contentsOf(factory, option, made), exchange)
    }
  }
  const contents = contentsOf(factory, option, page)
  return (_trouble, exchange) => choose(contents, exchange)
}

function contentsOf(factory: string, option: string, page: unknown): Content[] {
  const forms = typeof page === 'string' ? { html: page } : page
  const names = Object.entries(forms ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const known = names.every((name) => TYPES.some(([form]) => form === name))
  if (typeof forms !== 'object' || forms === null || names.length === 0 || !known)
    throw optionError(factory, option, page, 'HTML, { html, json, text }, or a function')
  return names.map((name) => {
    const value = (forms as Record<string, unknown>)[name]
    const text = name === 'json' ? JSON.stringify(value) : value
    if (typeof text !== 'string') throw optionError(factory, `${option}.${name}`, value, 'a text')
    const [, type] = TYPES.find(([form]) => form === name)!
    return { body: bytesBody(text), type, negotiated: names.length > 1 }
  })
}

/** A client that accepts none of the forms gets the first: better than no word of what happened (RFC 9110 §15.5.7). */
function choose(contents: readonly Content[], { headers }: Exchange): Content {
  const [first] = contents
  if (contents.length === 1) return first!
  const type = acceptedType(
    headers,
    contents.map((each) => each.type),
  )
  return contents.find((each) => each.type === type) ?? first!
}

/** Whether a page is a whole reply. */
export function isReply(made: MadePage | Content): made is Reply {
  return typeof made === 'object' && made !== null && 'status' in made
}
