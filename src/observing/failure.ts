import type { Outcome } from '../outcome.js'

/**
 * Whether an exchange failed: it was answered with a 5xx, or upstream or Edgewise broke its reply off. A 4xx, and a client that leaves, are
 * nobody's failure here.
 */
export function hasFailed({ status, termination: { who } }: Pick<Outcome, 'status' | 'termination'>): boolean {
  return (status !== null && status >= 500) || who === 'upstream' || who === 'edge'
}
