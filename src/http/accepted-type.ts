import { loadPackage } from '../load-package.js'
import { fieldValue, type HeaderMap } from './header-map.js'

/** Nobody's browser sends more; a longer one is not worth the time (H-202). */
const LONGEST_ACCEPT = 1024

type Negotiator = typeof import('negotiator')
let negotiator: Negotiator | undefined

/**
 * Which of several media types a client likes best, by its Accept (RFC 9110 §12.5.1): the first for a client that does not say, `undefined`
 * if it accepts none.
 */
export function acceptedType(headers: HeaderMap, offered: readonly string[]): string | undefined {
  const accept = fieldValue(headers, 'accept')
  if (accept === undefined || accept.length > LONGEST_ACCEPT) return offered[0]
  // Not before somebody asks: it is a tenth of what importing the core takes.
  negotiator ??= loadPackage<Negotiator>('negotiator', 'acceptedType')
  return new negotiator({ headers: { accept } }).mediaType([...offered])
}
