import { bytesBody, emptyBody } from '../../body.js'
import { bytes } from '../../body-tools.js'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { branching, type Handler } from '../../filter.js'
import { changeHeaders, emptyHeaders, fieldValue, type HeaderMap } from '../../http/header-map.js'
import { isJson, readMediaType } from '../../http/media-type.js'
import type { Bytes, Milliseconds } from '../../options.js'
import { discard, type Reply } from '../../reply.js'
import { compilePathTemplate, type PathTemplate } from '../../routing/url-template.js'
import type { HandlerVerdict } from '../../verdict.js'
import { type AggregateOptions, type AggregatePart, checkAggregateOptions } from './aggregate-options.js'

/**
 * Asks several upstreams at once and answers with one JSON document made of theirs: a page's worth of data in one round trip. Each part is a GET
 * with the client's fields, but for those that are about the whole: conditions, ranges, codings, the body.
 *
 * Without `merge` every part is passed on in its upstream's own words, so that no number loses its digits. A required part that fails makes the whole
 * fail, with its own 4xx or else 502 or 504; one with a `fallback` is replaced and named in `Edge-Partial`. The result is `no-store`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; when asked, `ERR_EDGE_BAD_REPLY` (502) for a required part that is no JSON.
 * @example
 * ```ts
 * const home = aggregate({
 *   parts: {
 *     user: { handler: forward({ pool: users }), path: '/users/{params.id}' },
 *     offers: { handler: forward({ pool: shop }), path: '/offers?for={params.id}', fallback: [] },
 *   },
 * })
 * ```
 */
export function aggregate(options: AggregateOptions): Handler {
  checkAggregateOptions(options)
  const { merge, timeoutMs = 5_000, maxPartBytes = 1_048_576 } = options
  const parts = Object.entries(options.parts).map(([name, part]) => new Part(name, part, timeoutMs, maxPartBytes))
  const run = async (exchange: Exchange): Promise<Reply> => {
    const headers = changeHeaders(exchange.headers, OF_THE_WHOLE)
    const asked = parts.map((part) => part.ask(exchange, headers))
    const answers = await Promise.all(asked.map(({ answer }) => answer)).catch((error) => {
      for (const { giveUp } of asked) giveUp()
      throw error
    })
    const denial = answers.find((answer) => answer.denial !== null)?.denial
    if (denial !== undefined && denial !== null) return denial
    const missing = parts.filter((_, at) => answers[at]!.missing).map(({ name }) => name)
    const text =
      merge === undefined
        ? `{${parts.map(({ name }, at) => `${JSON.stringify(name)}:${answers[at]!.json}`).join(',')}}`
        : merged(
            merge,
            parts.map(({ name }, at) => [name, answers[at]!.value] as const),
            exchange,
          )
    const fields = emptyHeaders()
    fields['content-type'] = 'application/json'
    fields['cache-control'] = 'no-store'
    if (missing.length > 0) fields['edge-partial'] = missing.map((name) => encodeURIComponent(name)).join(', ')
    return { status: 200, headers: fields, body: bytesBody(Buffer.from(text)) }
  }
  const explain = (exchange: Exchange): HandlerVerdict => {
    const headers = changeHeaders(exchange.headers, OF_THE_WHOLE)
    const ways = parts.map((part) => ({
      name: part.name,
      why: 'a part of the reply',
      handler: part.handler,
      exchange: part.question(exchange, exchange.detach(), headers),
    }))
    return { handler: 'aggregate', verdict: 'ask', why: `asks for all ${parts.length} parts`, ways }
  }
  const handler = branching(
    run,
    parts.map((part) => part.handler),
  )
  return Object.assign(handler, { explain })
}

function merged(
  merge: NonNullable<AggregateOptions['merge']>,
  parts: readonly (readonly [string, unknown])[],
  exchange: Exchange,
): string {
  const text = JSON.stringify(merge(Object.fromEntries(parts), exchange)) as string | undefined
  if (text === undefined) throw new EdgeError('ERR_EDGE_BAD_VALUE', 'aggregate: merge returned what JSON cannot say')
  return text
}

/** What came of one part: JSON as text and parsed, that of its fallback included, or a reply that answers the whole. */
interface Answer {
  readonly json: string
  readonly value: unknown
  readonly missing: boolean
  readonly denial: Reply | null
}

/** One question under way. */
interface Asked {
  readonly answer: Promise<Answer>
  giveUp(): void
}

const OVER = new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the part is not needed any more')

class Part {
  readonly name: string
  readonly handler: Handler
  readonly #path: PathTemplate | null
  readonly #fallback: string | undefined
  readonly #timeoutMs: Milliseconds
  readonly #limit: Bytes

  constructor(name: string, part: AggregatePart, timeoutMs: Milliseconds, limit: Bytes) {
    this.name = name
    this.handler = part.handler
    this.#path = part.path === undefined ? null : compilePathTemplate('aggregate', `parts.${name}.path`, part.path)
    this.#fallback = JSON.stringify(part.fallback) as string | undefined
    this.#timeoutMs = part.timeoutMs ?? timeoutMs
    this.#limit = limit
  }

  /** @param headers Fields of the question. */
  ask(exchange: Exchange, headers: HeaderMap): Asked {
    const detached = exchange.detach()
    const leave = (reason: Error): void => detached.end(reason)
    exchange.cancel.add(leave)
    const timer = setTimeout(
      () => leave(new EdgeError('ERR_EDGE_TOTAL_TIMEOUT', `"${this.name}" took more than ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    )
    const answer = this.#answer(exchange, detached, headers).finally(() => {
      clearTimeout(timer)
      exchange.cancel.remove(leave)
      detached.end(OVER)
    })
    return { answer, giveUp: () => leave(OVER) }
  }

  /** What the part's handler is asked. */
  question(exchange: Exchange, detached: Exchange, headers: HeaderMap): Exchange {
    const wire = this.#path === null ? exchange.wire : this.#path(exchange, exchange.params)
    return detached.with({ method: 'GET', wire, headers, body: emptyBody })
  }

  async #answer(exchange: Exchange, detached: Exchange, headers: HeaderMap): Promise<Answer> {
    try {
      const reply = await this.handler(this.question(exchange, detached, headers))
      if (reply.status < 200 || reply.status > 299) return await this.#refused(reply)
      return { ...(await this.#json(reply)), missing: false, denial: null }
    } catch (error) {
      if (this.#fallback === undefined) throw error
      return this.#missing(this.#fallback)
    }
  }

  async #refused(reply: Reply): Promise<Answer> {
    if (this.#fallback !== undefined) {
      discard(reply)
      return this.#missing(this.#fallback)
    }
    if (reply.status >= 400 && reply.status < 500) {
      // Read now: what the part asked with is over once it has answered.
      const body = bytesBody(await bytes(reply.body, this.#limit, 'reply'))
      return { json: '', value: null, missing: false, denial: { ...reply, body } }
    }
    discard(reply)
    throw new EdgeError('ERR_EDGE_BAD_REPLY', `part "${this.name}" was answered with ${reply.status}`)
  }

  #missing(json: string): Answer {
    // Anew each time: a merge may change what it is given.
    return { json, value: JSON.parse(json), missing: true, denial: null }
  }

  /** The text itself, once it is known to be JSON: nothing of it is changed by passing through a parser. */
  async #json(reply: Reply): Promise<Pick<Answer, 'json' | 'value'>> {
    const type = readMediaType(fieldValue(reply.headers, 'content-type'))
    if (type === null || !isJson(type) || reply.headers['content-encoding'] !== undefined) {
      discard(reply)
      throw new EdgeError('ERR_EDGE_BAD_REPLY', `part "${this.name}" was not answered with JSON`)
    }
    try {
      const json = new TextDecoder('utf-8', { fatal: true }).decode(await bytes(reply.body, this.#limit, 'reply'))
      return { json, value: JSON.parse(json) }
    } catch (cause) {
      if (cause instanceof EdgeError) throw cause
      throw new EdgeError('ERR_EDGE_BAD_REPLY', `part "${this.name}" was answered with broken JSON`, { cause })
    }
  }
}

/** Fields of a client's request that are about the whole, not about any part. */
const OF_THE_WHOLE: HeaderMap = {
  'accept-encoding': 'identity',
  accept: 'application/json',
  'content-length': undefined,
  'content-type': undefined,
  'content-encoding': undefined,
  range: undefined,
  'if-range': undefined,
  'if-match': undefined,
  'if-none-match': undefined,
  'if-modified-since': undefined,
  'if-unmodified-since': undefined,
}
