import type { Outcome } from '../../outcome.js'
import { hasFailed } from '../failure.js'
import { shownStatus } from './record.js'

/** How bad it is. */
export type LogLevel = 'info' | 'warn' | 'error'

/** `error` for what was answered with a 5xx, `warn` for a reply that upstream or Edgewise broke off, `info` for the rest. */
export function levelOf(outcome: Outcome): LogLevel {
  const status = shownStatus(outcome)
  if (status !== null && status >= 500) return 'error'
  return hasFailed(outcome) ? 'warn' : 'info'
}
