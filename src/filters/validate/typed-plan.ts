import type { Exchange } from '../../exchange.js'
import type { MediaType } from '../../http/media-type.js'
import type { BodyJudge, Plan } from './body-guard.js'
import { typeOf, unreadable, unsupported } from './content.js'

/**
 * Plans for bodies of one kind of media type: these are judged, a Content-Type that is none is refused (H-203), and others pass unread,
 * or are refused, too.
 */
export function typedPlan(
  accepted: string,
  isOfKind: (type: MediaType) => boolean,
  otherTypes: 'pass' | 'refuse',
  judge: BodyJudge,
): (exchange: Exchange) => Plan {
  const refusal = unsupported(accepted)
  const other = otherTypes === 'refuse' ? refusal : null
  return (exchange) => {
    if (exchange.body.kind === 'empty') return null
    const type = typeOf(exchange.headers)
    if (type === null) return refusal
    if (type === undefined || !isOfKind(type)) return other
    return unreadable(exchange, type) ?? judge
  }
}
