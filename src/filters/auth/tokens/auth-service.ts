import { emptyBody } from '../../../body.js'
import { events as sharedEvents } from '../../../events.js'
import type { Exchange } from '../../../exchange.js'
import type { Handler } from '../../../filter.js'
import { createForwarder } from '../../../forwarding/forward.js'
import { changeHeaders, emptyHeaders, type HeaderMap, type MutableHeaderMap } from '../../../http/header-map.js'
import { parseTarget, rewriteTarget, type Target } from '../../../http/target.js'
import { optionError } from '../../../options.js'
import type { Reply } from '../../../reply.js'
import type { Pool } from '../../../upstream/pool.js'
import { FoldedNames, withoutFields } from '../identity-headers.js'
import type { ForwardAuthOptions } from './forward-auth-options.js'
import { lonePool } from './lone-pool.js'

/** Not sent: what speaks of a body that does not come along, what could make the answer a 304 or 206, and a handshake's own. */
const KEPT_BACK = (
  'content-length content-type content-encoding content-language content-location content-range content-md5 content-digest repr-digest digest ' +
  'transfer-encoding trailer te expect if-match if-none-match if-modified-since if-unmodified-since if-range range ' +
  'sec-websocket-key sec-websocket-version sec-websocket-extensions'
).split(' ')
const WITHOUT: HeaderMap = Object.assign(emptyHeaders(), Object.fromEntries(KEPT_BACK.map((name) => [name, undefined])))

/** Ours to write: in no spelling may a client's get there, as a service may fold `X_Original_URI` into `X-Original-URI`. */
const WRITTEN = new FoldedNames(
  ['original-method', 'original-uri', 'original-url', 'forwarded-method', 'forwarded-uri'].map((name) => `x-${name}`),
)

/** The service that is asked whether a request may pass. */
export class AuthService {
  /** In words, where that is. */
  readonly name: string
  readonly #wire: Target
  readonly #sent: ReadonlySet<string> | null
  readonly #handler: Handler
  readonly #own: Pool | null

  constructor(options: ForwardAuthOptions) {
    const { url, pool, handler, sendHeaders = 'all', timeoutMs = 5_000, events = sharedEvents } = options
    const at = url === undefined ? null : new URL(url)
    const path = at === null ? (options.path ?? '/') : at.pathname + at.search
    const target = parseTarget(path, 'GET', null)
    if ('error' in target) throw optionError('forwardAuth', at === null ? 'path' : 'url', path, 'a canonical path')
    this.#wire = rewriteTarget(path)
    this.#own =
      pool === undefined ? lonePool('forwardAuth', at === null ? { handler } : { url: at.origin }, events) : null
    this.name = pool?.name ?? at?.origin ?? 'a handler'
    this.#sent = sendHeaders === 'all' ? null : new Set(['host', ...sendHeaders.map((name) => name.toLowerCase())])
    this.#handler = createForwarder({
      pool: pool ?? this.#own!,
      totalTimeoutMs: timeoutMs,
      changeOrigin: handler === undefined,
    })
  }

  /**
   * Asks with a GET without a body, as NGINX's `auth_request` does; what the client asked for stands in `X-Original-*` and `X-Forwarded-*`.
   *
   * @param shared Whether others wait for the answer, too, so that it is wanted even when this client has left.
   */
  async ask(exchange: Exchange, shared: boolean): Promise<Reply> {
    const question = exchange
      .detach()
      .with({ method: 'GET', wire: this.#wire, headers: this.#fieldsOf(exchange), body: emptyBody })
    const gone = (reason: Error): void => question.cancel.abort(reason)
    if (!shared) exchange.cancel.add(gone)
    try {
      const reply = await this.#handler(question)
      if (reply.body.kind === 'stream') reply.body.onClose(() => exchange.cancel.remove(gone))
      else exchange.cancel.remove(gone)
      return reply
    } catch (error) {
      exchange.cancel.remove(gone)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#own?.close()
  }

  #fieldsOf(exchange: Exchange): HeaderMap {
    const { method, target, base, client } = exchange
    const { headers } = withoutFields(exchange, WRITTEN)
    const fields = changeHeaders(this.#sent === null ? headers : this.#chosen(headers, this.#sent), WITHOUT)
    const uri = (base === '/' ? '' : base) + target.href
    fields['x-original-method'] = method
    fields['x-original-uri'] = uri
    fields['x-forwarded-method'] = method
    fields['x-forwarded-uri'] = uri
    if (client.authority !== null) fields['x-original-url'] = `${client.protocol}://${client.authority}${uri}`
    return fields
  }

  #chosen(headers: HeaderMap, names: ReadonlySet<string>): MutableHeaderMap {
    const chosen = emptyHeaders()
    for (const name in headers) if (names.has(name)) chosen[name] = headers[name]
    return chosen
  }
}
