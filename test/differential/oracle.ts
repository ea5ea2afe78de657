import type { StrictReading } from '../support/index.js'
import type { Outcome } from './ask.js'
import { idOf } from './steps.js'

/** Violations that load alone can bring about: they count when they come again. */
export const OF_TIME: RegExp = /^\d+ replies to|^a connection that outlived/

/** What must never be, whatever a client sends; each as a sentence. Empty if all is well. */
export function violations(
  strict: StrictReading,
  { replies, unprompted, garbage, ended, arrivals }: Outcome,
): string[] {
  const found: string[] = []
  const whole = arrivals.filter(({ message }) => message?.complete === true)
  for (const { message, error } of arrivals)
    if (message === null || error !== undefined)
      found.push(`the upstream got what is not HTTP/1.1: ${error?.message ?? 'half a head'}`)
  if (whole.length > strict.requests.length)
    found.push(`${whole.length} messages for ${strict.requests.length} requests`)
  if (arrivals.length > strict.begun) found.push(`${arrivals.length} messages begun for ${strict.begun} requests`)
  const ids = replies.map(idOf).filter((id) => !Number.isNaN(id))
  const known = new Set(arrivals.map(({ id }) => id))
  if (ids.some((id) => !known.has(id))) found.push('a reply to another client’s request')
  if (ids.some((id, at) => at > 0 && id <= ids[at - 1]!)) found.push('replies out of order, or twice')
  if (garbage !== '') found.push(`what is no reply: ${garbage.slice(0, 120)}`)
  if (ended === 'never') found.push('a connection that outlived its client')
  const due = strict.ends === 'clean' ? strict.requests.length : 0
  if (ended === 'after-fin' && unprompted < due) found.push(`${unprompted} replies to ${due} requests, and no end`)
  return found
}
