import { EdgeError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import { problem } from '../../problem.js'
import type { Reply } from '../../reply.js'
import type { HandlerVerdict } from '../../verdict.js'
import { belowMount } from '../mount.js'
import { AddressTable } from './address-table.js'
import { type AdminApiOptions, checkAdminOptions } from './admin-options.js'
import { doorkeeper, type Operator } from './authorizing.js'
import { type Answer, type Asked, type Operation, toReply, type Untold } from './operation.js'
import { operationsOf } from './operations.js'
import { readRequest } from './request.js'

/**
 * Makes the handler by which operators see and change what runs, as JSON over HTTP: drain an endpoint, set its weight, ban a client, purge a
 * cache, change a log level, reload. It is what HAProxy has in its runtime API and Kong in its Admin API.
 *
 * Nobody may until `authorize` says who asks, on every request of any kind. Requests that change something must be such that no page of another
 * origin can make a browser send them. Each is told as an `admin` event. Nothing is queued, and answers are not to be stored.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also without `authorize`.
 * @example
 * ```ts
 * const admin = adminApi({ authorize: (exchange) => principalOf(exchange)?.id, pools: [users] })
 * const gateway = createGateway({
 *   routes: [{ path: '/admin/**', filters: [ipRules({ allow: ['loopback'] }), basicAuth({ users: { ada: hash } })], handler: admin }],
 * })
 * ```
 */
export function adminApi(options: AdminApiOptions): Handler {
  checkAdminOptions(options)
  const { authorize, events: hub = sharedEvents } = options
  const admit = doorkeeper('adminApi', authorize, hub)
  const table = new AddressTable(operationsOf(options, hub))
  const handler: Handler = async (exchange) => {
    const operator = await admit(exchange)
    if ('status' in operator) return operator
    if (exchange.upgrade !== null) return problem({ status: 400, detail: 'There is nothing to upgrade to.' })
    const { path } = exchange.target
    const below = belowMount(exchange)
    const mount = exchange.base.replace(/\/$/, '') + path.slice(0, path.length - below.length).replace(/\/$/, '')
    const address = table.find(`/${below}`)
    if (address === null) return problem({ status: 404, detail: `There is nothing here; see ${mount}/.` })
    const { operations, names } = address
    const operation = operations.get(exchange.method === 'HEAD' ? 'GET' : exchange.method)
    if (operation === undefined) return problem({ status: 405 }, { allow: allowOf(operations) })
    const read = await readRequest(exchange, operation)
    if ('status' in read) return untold(read)
    const asked: Asked = { names, ...read, link: (to) => mount + to }
    const answer = await run(operation, asked, hub)
    if (operation.method !== 'GET') tell(hub, exchange, operator, operation, asked, answer)
    return 'json' in answer ? toReply(answer) : untold(answer)
  }
  return Object.assign(handler, {
    explain: (): HandlerVerdict => ({
      handler: 'adminApi',
      verdict: 'depends',
      why: 'its authorizer says who may ask',
    }),
  })
}

function allowOf(operations: ReadonlyMap<string, Operation>): string {
  const methods = [...operations.keys(), ...(operations.has('GET') ? ['HEAD'] : [])]
  return methods.sort().join(', ')
}

async function run(operation: Operation, asked: Asked, hub: EventHub): Promise<Answer> {
  try {
    return await operation.run(asked)
  } catch (error) {
    hub.emit('fault', { where: `adminApi ${operation.name}`, error })
    const status = error instanceof EdgeError ? error.status : 500
    return { status, detail: 'That went wrong; a "fault" event tells why.' }
  }
}

function tell(
  hub: EventHub,
  exchange: Exchange,
  { name: who }: Operator,
  operation: Operation,
  asked: Asked,
  answer: Answer,
): void {
  if (!hub.has('admin')) return
  const done = 'json' in answer
  const result = done ? 'done' : answer.status < 500 ? 'refused' : 'failed'
  const action = operation.action?.(asked) ?? operation.name
  const named = operation.subject?.(asked) ?? Object.values(asked.names).join(' ')
  const subject = done ? (answer.subject ?? named) : named
  hub.emit('admin', { exchange, who, action, subject, input: { ...asked.query, ...asked.body }, result })
}

function untold({ headers, rule: _, ...details }: Untold): Reply {
  return problem(details, headers)
}
