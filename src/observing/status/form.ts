import Negotiator from 'negotiator'
import type { Exchange } from '../../exchange.js'
import { fieldValue } from '../../http/header-map.js'

/** What the page can be had as. */
export type Form = 'html' | 'json' | 'events'

const TYPES: Readonly<Record<string, Form>> = {
  'text/html': 'html',
  'application/json': 'json',
  'text/event-stream': 'events',
}

/** Nobody's browser sends more; a longer one is not worth the time (H-202). */
const LONGEST_ACCEPT = 1024

/** By `?format=`, which must be one of them, or else by Accept; HTML for who accepts neither. `null`: no such form. */
export function formOf({ target, headers }: Exchange): Form | null {
  const asked = new URLSearchParams(target.query).get('format')
  if (asked !== null) return Object.values(TYPES).find((form) => form === asked) ?? null
  const accept = fieldValue(headers, 'accept')
  if (accept === undefined || accept.length > LONGEST_ACCEPT) return 'html'
  const type = new Negotiator({ headers: { accept } }).mediaType(Object.keys(TYPES))
  return TYPES[type ?? 'text/html']!
}
