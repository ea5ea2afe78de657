import type { Verdict } from '../../../filter.js'
import type { Authentication } from '../authenticator.js'

/** What is known of a request's token, in words; `undefined` for nothing yet. */
export function explainToken(found: Authentication | undefined, otherwise: string): Verdict {
  if (found === undefined) return { verdict: 'depends', why: otherwise }
  if (found.outcome === 'accepted')
    return { verdict: 'pass', why: `it is ${found.principal.scheme}: ${found.principal.id}` }
  return { verdict: 'deny', why: found.outcome === 'absent' ? 'no credential' : found.why }
}
