import type { Exchange } from '../../exchange.js'
import { acceptedType } from '../../http/accepted-type.js'

/** What the page can be had as. */
export type Form = 'html' | 'json' | 'events'

const TYPES: Readonly<Record<string, Form>> = {
  'text/html': 'html',
  'application/json': 'json',
  'text/event-stream': 'events',
}

/** By `?format=`, which must be one of them, or else by Accept; HTML for who accepts neither. `null`: no such form. */
export function formOf({ target, headers }: Exchange): Form | null {
  const asked = new URLSearchParams(target.query).get('format')
  if (asked !== null) return Object.values(TYPES).find((form) => form === asked) ?? null
  return TYPES[acceptedType(headers, Object.keys(TYPES)) ?? 'text/html']!
}
