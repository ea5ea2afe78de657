import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { type Check, check, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { passingOn } from '../passing-on.js'
import type { BodyChange } from './body-change.js'
import { ReplySide } from './reply-side.js'
import { RequestSide } from './request-side.js'

/** What every filter that changes bodies takes. */
export interface BodyFilterOptions {
  /** Requests with a body of another type: `pass` as they are, or `refuse` with 415, for upstreams that don't look at the type. @default 'pass' */
  readonly otherTypes?: 'pass' | 'refuse' | undefined
  /**
   * Replies of the type that can't be changed: too long, malformed, or in a charset or coding that is not known. `refuse` answers 502;
   * `pass` sends them as they came, with all that was to be taken out of them. @default 'refuse'
   */
  readonly unreadable?: 'refuse' | 'pass' | undefined
  /**
   * The ETag and Last-Modified of replies: `weaken` keeps them, a strong ETag as a weak one, and a client that has the reply gets a 304;
   * `drop` takes them away, for what also changes when the upstream's does not. @default 'weaken'
   */
  readonly validators?: 'weaken' | 'drop' | undefined
  /** Where `denied` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** Which replies are changed. */
export interface ReplyChoice {
  /** Asked of each reply of the type; others pass. @default all */
  readonly only?: ((reply: Reply, exchange: Exchange) => boolean) | undefined
}

/** How replies are changed, as a factory has read it. */
export interface ReplyRules extends ReplyChoice, Pick<BodyFilterOptions, 'unreadable' | 'validators'> {
  /** Types that the upstream is asked for beside those the client accepts, as members of Accept. */
  readonly accepts?: string | undefined
  /** Whether this client wants the change. */
  readonly wanted?: ((exchange: Exchange) => boolean) | undefined
  /** The reply with fields that say that others might get it otherwise. */
  readonly varied?: ((reply: Reply) => Reply) | undefined
}

/** Checks of {@link BodyFilterOptions}. */
export const bodyFilterChecks: Readonly<Record<keyof BodyFilterOptions, Check>> = {
  otherTypes: check.oneOf('pass', 'refuse'),
  unreadable: check.oneOf('refuse', 'pass'),
  validators: check.oneOf('weaken', 'drop'),
  events: check.object,
}

export interface Sides {
  readonly request: BodyChange | undefined
  readonly reply: { readonly change: BodyChange; readonly rules: ReplyRules } | undefined
}

/**
 * Makes a filter of what is to become of bodies. It is refused in front of `handOver()` on either side: there the framework reads the
 * request's body by itself.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` where there is nothing to do.
 */
export function bodyFilter(filterName: string, sides: Sides, options: BodyFilterOptions): Filter {
  if (sides.request === undefined && sides.reply === undefined)
    throw optionError(filterName, 'request', undefined, 'an object, or one for reply')
  const { unreadable, validators } = options
  const asked =
    sides.request && new RequestSide(filterName, sides.request, options.otherTypes === 'refuse', options.events)
  const answered =
    sides.reply && new ReplySide(filterName, sides.reply.change, { ...sides.reply.rules, unreadable, validators })

  const onward = (exchange: Exchange, next: (exchange: Exchange) => Promise<Reply>): Promise<Reply> =>
    answered === undefined
      ? next(exchange)
      : next(answered.asking(exchange)).then((reply) => answered.apply(exchange, reply))

  return defineFilter(
    {
      filterName,
      stage: 'shape',
      needsReplyBody: true,
      explain: (exchange) => {
        if (exchange.upgrade !== null) return { verdict: 'pass', why: 'an upgrade has no body' }
        const verdict = asked?.explain(exchange)
        if (answered === undefined) return verdict!
        const asking = (copy: Exchange): Exchange => answered.asking(copy)
        if (verdict === undefined || verdict.verdict === 'pass')
          return { verdict: 'depends', about: 'reply', why: 'on the type of the reply', onward: asking }
        return passingOn(verdict, asking)
      },
    },
    (exchange, next) => {
      if (exchange.upgrade !== null) return next(exchange)
      const changed = asked === undefined ? exchange : asked.apply(exchange)
      if (!(changed instanceof Promise)) return isReply(changed) ? Promise.resolve(changed) : onward(changed, next)
      return changed.then((each) => (isReply(each) ? each : onward(each, next)))
    },
  )
}

function isReply(value: Exchange | Reply): value is Reply {
  return 'status' in value
}
