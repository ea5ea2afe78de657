import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { check, checkOptions, optionError } from '../../options.js'
import { discard, errorReply, type Reply } from '../../reply.js'
import { compilePage, type Page, type ReadPage } from './page.js'
import { pageReply } from './page-reply.js'

export interface ErrorPagesOptions {
  /** By status, as `404`, or by class, `4xx` and `5xx`; a status goes before its class. What has no page stays as it is. */
  readonly pages: Readonly<Record<string, Page>>
  /** Whether replies get a page, or failures only (`EdgeError`s: no endpoint, a timeout, …); or which replies. @default true */
  readonly replies?: boolean | ((reply: Reply, exchange: Exchange) => boolean) | undefined
}

/**
 * Gives errors a page of your own: replies of the upstream, of handlers and of filters behind this one, and failures alike.
 *
 * Status and fields stay, among them Retry-After, WWW-Authenticate and cookies; what described the old body goes with it. A HEAD is
 * answered as a GET would be, without the body. What is no `EdgeError` goes on to the framework's own error handling, and what
 * {@link handOver} lets the framework answer is not seen.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const pages = errorPages({
 *   pages: {
 *     404: { html: '<h1>Nothing here</h1>', json: { error: 'not found' } },
 *     '5xx': ({ status }) => `<h1>${status}</h1><p>We are on it.</p>`,
 *   },
 * })
 * ```
 */
export function errorPages(options: ErrorPagesOptions): Filter {
  checkOptions('errorPages', options, { pages: check.object, replies: check.either(check.boolean, check.function) })
  const { pages, replies = true } = options
  if (pages === undefined) throw optionError('errorPages', 'pages', pages, 'pages by status')
  const byStatus = new Map<string, ReadPage>()
  for (const [key, page] of Object.entries(pages)) {
    if (!/^[45](?:[0-9]{2}|xx)$/.test(key)) throw optionError('errorPages', 'pages', key, '400 to 599, 4xx and 5xx')
    byStatus.set(key, compilePage('errorPages', `pages.${key}`, page))
  }
  const pageOf = (status: number): ReadPage | undefined =>
    status < 400 || status > 599
      ? undefined
      : (byStatus.get(String(status)) ?? byStatus.get(`${Math.floor(status / 100)}xx`))
  const takes = typeof replies === 'function' ? replies : () => replies

  const ofReply = (reply: Reply, exchange: Exchange): Reply | Promise<Reply> => {
    const page = pageOf(reply.status)
    if (page === undefined || !takes(reply, exchange)) return reply
    discard(reply)
    return pageReply(page, { status: reply.status, reply, error: null }, reply.headers, exchange)
  }
  const ofFailure = (error: unknown, exchange: Exchange): Promise<Reply> => {
    // Nobody is there any more to see the page of a 499.
    const page = error instanceof EdgeError && error.status !== 499 ? pageOf(error.status) : undefined
    if (page === undefined) throw error
    const failure = error as EdgeError
    exchange.noteFailure(failure)
    return pageReply(
      page,
      { status: failure.status, reply: null, error: failure },
      errorReply(failure).headers,
      exchange,
    )
  }
  return defineFilter(
    {
      filterName: 'errorPages',
      explain: () => ({
        verdict: 'depends',
        about: 'reply',
        why: `has pages for ${[...byStatus.keys()].join(', ') || 'nothing'}`,
      }),
    },
    async (exchange, next) => {
      let reply: Reply
      try {
        reply = await next(exchange)
      } catch (error) {
        return ofFailure(error, exchange)
      }
      return ofReply(reply, exchange)
    },
  )
}
