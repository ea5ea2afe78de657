import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { foreignPage } from '../../filters/cross-origin/csrf.js'
import { type Refusal, refuser } from '../../filters/validate/refusal.js'
import { fieldValue } from '../../http/header-map.js'
import { readMediaType } from '../../http/media-type.js'
import type { Reply } from '../../reply.js'

/**
 * Says who asks, by name, or `true` for somebody without one. Whatever else it returns, and whatever it throws, is a refusal. It is asked
 * about every request, and must answer from the exchange alone.
 */
export type Authorize = (exchange: Exchange) => Allowed | Promise<Allowed>

/** A name, or `true` for somebody without one; the rest are refusals. */
export type Allowed = string | boolean | null | undefined

/** Somebody who may. */
export interface Operator {
  /** `null` where the authorizer said no more than `true`. */
  readonly name: string | null
}

/** Finds out who asks, or answers with a refusal. */
export type Doorkeeper = (exchange: Exchange) => Promise<Operator | Reply>

/** What browsers can't be made to send by a page of another origin without asking first. */
const OWN_FIELD = 'x-edgewise-admin'

/**
 * Makes what stands in front of everything that an operator may do: the user's authorizer, and behind it, for requests that change
 * something, the rule against forged ones. Without an authorizer nobody may.
 *
 * Who is not allowed gets the same answer whatever they ask for, so that it does not tell what exists; who is, but whose request may be
 * forged, is told what to mend.
 *
 * @param where Who is named in `denied` and `fault` events.
 */
export function doorkeeper(where: string, authorize: Authorize | undefined, hub: EventHub): Doorkeeper {
  const refuse = refuser(where, hub)
  return async (exchange) => {
    let allowed: Allowed
    try {
      allowed = await authorize?.(exchange)
    } catch (error) {
      hub.emit('fault', { where: `${where} authorize`, error })
    }
    if (allowed !== true && (typeof allowed !== 'string' || allowed === ''))
      return refuse(exchange, { status: 403, detail: 'Not allowed.', rule: 'the authorizer does not know who asks' })
    const forged = forgery(exchange)
    return forged === null ? { name: allowed === true ? null : allowed } : refuse(exchange, forged)
  }
}

/**
 * Why a request that changes something may be one that a page of another origin has made with an operator's cookies, certificate or
 * network (cross-site request forgery); `null` if it can't be.
 *
 * A browser's request must be from the same origin, by Sec-Fetch-Site or Origin, and of a media type that no form can send. What sends
 * neither is no browser, and says so by a field of its own. GET and HEAD change nothing.
 */
function forgery(exchange: Exchange): Refusal | null {
  const { method, headers } = exchange
  if (method === 'GET' || method === 'HEAD') return null
  const browser = headers['origin'] !== undefined || Object.keys(headers).some((name) => name.startsWith('sec-fetch-'))
  if (!browser) {
    if (headers[OWN_FIELD] === '1') return null
    const detail = 'A request that changes something must have the field "X-Edgewise-Admin: 1", if no browser sends it.'
    return { status: 403, detail, rule: 'no browser, and no X-Edgewise-Admin' }
  }
  const foreign = foreignPage(exchange)
  if (foreign !== null) return { status: 403, detail: 'A page of another origin sent this.', rule: foreign }
  return readMediaType(fieldValue(headers, 'content-type'))?.essence === 'application/json' ? null : NOT_JSON
}

/** The refusal of a body of another media type. */
export const NOT_JSON: Refusal = {
  status: 415,
  detail: 'The media type of the body must be application/json.',
  headers: { accept: 'application/json' },
}
