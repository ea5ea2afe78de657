import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { refuser } from '../../filters/validate/refusal.js'
import type { Reply } from '../../reply.js'
import type { Pool } from '../../upstream/pool.js'
import { ACTION_FIELDS, actOn } from '../admin/actions.js'
import { type Authorize, doorkeeper } from '../admin/authorizing.js'
import { toReply } from '../admin/operation.js'
import { readRequest } from '../admin/request.js'

/**
 * Carries out what the page's buttons ask for, as `{ pool, endpoint, action }` in JSON, behind the authorizer and the rule against forged
 * requests that the admin API has. An `admin` event tells of it.
 *
 * @param pools Those there are now.
 */
export function acting(
  pools: () => readonly Pool[],
  authorize: Authorize,
  hub: EventHub,
): (exchange: Exchange) => Promise<Reply> {
  const admit = doorkeeper('statusPage', authorize, hub)
  const refuse = refuser('statusPage', hub)
  return async (exchange) => {
    const operator = await admit(exchange)
    if ('status' in operator) return operator
    const read = await readRequest(exchange, { name: 'action', method: 'POST', body: ACTION_FIELDS })
    if ('status' in read) return refuse(exchange, read)
    const { body: input } = read
    const done = actOn(pools(), input)
    if (hub.has('admin')) {
      const subject = `${input['pool']} ${input['endpoint']}`
      const result = 'status' in done ? 'refused' : 'done'
      hub.emit('admin', { exchange, who: operator.name, action: String(input['action']), subject, input, result })
    }
    return 'status' in done ? refuse(exchange, done) : toReply({ json: done })
  }
}
