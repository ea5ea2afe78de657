import type { EventHub } from '../../events.js'
import type { Refusal } from '../../filters/validate/refusal.js'
import { checkEndpoint, readAddress } from '../../upstream/address.js'
import type { DrainOptions } from '../../upstream/drains.js'
import type { EndpointOptions, Protocol } from '../../upstream/endpoint.js'
import type { Pool } from '../../upstream/pool.js'
import type { PoolSource } from '../pool-source.js'
import { ACTIONS, doneIn, missing } from './actions.js'
import { type Fields, field, refusalOf } from './fields.js'
import { named } from './names.js'
import type { Answer, Asked, Operation } from './operation.js'
import { ENDPOINT, finderOf, hrefOf, shown } from './pool-operations.js'

const FIELDS: Fields = {
  url: field.required(field.text('Where it is, as http://10.0.0.1:3000, unix:/run/app.sock or tcp://10.0.0.1:5432.')),
  name: field.text('Its name; by default its address.'),
  weight: field.whole(0, 65_535, 'Its share of traffic relative to the others; 0 takes none.'),
  priority: field.whole(0, 1000, 'Its tier; those of higher numbers stand by.'),
  zone: field.text('Where it stands.'),
  maxConnections: field.whole(1, 1_000_000, 'Requests in flight there.'),
  maxTunnels: field.whole(0, 1_000_000, 'WebSockets open there.'),
  host: field.text('Its name for Host and TLS, where the URL has only an address.'),
}

/** What changes which endpoints a pool has. */
export function membershipOperations(source: PoolSource, hub: EventHub): readonly Operation[] {
  const inPool = finderOf(source)
  return [
    {
      method: 'POST',
      path: '/pools/{pool}/endpoints',
      name: 'add',
      summary: 'Add an endpoint to a pool that has no discovery.',
      body: FIELDS,
      subject: ({ names, body }) => `${names['pool']} ${body['name'] ?? body['url']}`,
      run: (asked) => inPool(asked, (pool) => add(pool, asked)),
    },
    {
      method: 'DELETE',
      path: ENDPOINT,
      name: 'remove',
      summary: 'Take an endpoint out of a pool that has no discovery; what is under way there goes on.',
      query: ACTIONS.drain.fields,
      run: (asked) => inPool(asked, (pool) => remove(pool, asked, hub)),
    },
  ]
}

function add(pool: Pool, asked: Asked): Answer {
  if (pool.discovers) return discovered(pool)
  try {
    const options: EndpointOptions = checkEndpoint(asked.body, 'add')
    const address = readAddress(options, 'add')
    const name = options.name ?? address.name
    if (pool.endpoints.some((each) => each.name === name))
      return { status: 409, detail: `The pool has an endpoint ${JSON.stringify(name)} already.` }
    if (!pool.endpoints.every(({ protocol }) => goTogether(protocol, address.protocol)))
      return { status: 400, detail: 'The endpoints of a pool are all for layer 4 (tcp:), or none is.' }
    const done = shown(doneIn(pool, pool.add(options), false), asked)
    return { ...done, code: 201, location: asked.link(hrefOf(pool.name, name)) }
  } catch (error) {
    return refusalOf(error)
  }
}

/** Whether requests, or connections, can be sent to both. */
function goTogether(one: Protocol, other: Protocol): boolean {
  return one === 'unix' || other === 'unix' || (one === 'tcp') === (other === 'tcp')
}

function remove(pool: Pool, asked: Asked, hub: EventHub): Answer {
  if (pool.discovers) return discovered(pool)
  const found = named(pool.endpoints, asked.names['endpoint']!)
  if (found === undefined) return missing('endpoint', asked.names['endpoint']!)
  const { deadlineMs, keepTunnels } = asked.query as DrainOptions
  const gone = pool.remove(found.name, { deadlineMs, cut: deadlineMs !== undefined, keepTunnels })
  // Nobody waits for its last request.
  gone.catch((error: unknown) => hub.emit('fault', { where: `removing ${found.name}`, error }))
  return shown(doneIn(pool, found, true), asked)
}

function discovered({ name }: Pool): Refusal {
  const detail = `Discovery says which endpoints the pool ${JSON.stringify(name)} has, and would undo it: drain one, or set its weight.`
  return { status: 409, detail }
}
