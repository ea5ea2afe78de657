import type { Handler } from '../../filter.js'
import { vital, vitalReply } from './vital-reply.js'

/**
 * Answers 200 as long as the process can answer at all: what a Kubernetes `livenessProbe` asks. Also while the gateway starts, drains and has
 * closed: a process that is about to end by itself is not to be killed for it. It asks nothing of anybody; that an upstream
 * is down is no reason to start this process anew.
 *
 * @example
 * ```ts
 * const routes = [
 *   { path: '/livez', handler: liveness() },
 *   { path: '/readyz', handler: readiness({ pools: [users] }) },
 * ]
 * ```
 */
export function liveness(): Handler {
  const alive = Promise.resolve(vitalReply(200, { status: 'alive' }))
  return vital(
    () => alive,
    () => ({ handler: 'liveness', verdict: 'answer', status: 200, why: 'the process can answer' }),
  )
}
