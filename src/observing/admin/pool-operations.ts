import type { Refusal } from '../../filters/validate/refusal.js'
import type { Pool } from '../../upstream/pool.js'
import { type EndpointSnapshot, snapshotEndpoint } from '../../upstream/snapshot.js'
import { type PoolSource, poolsOf } from '../pool-source.js'
import { ACTION_FIELDS, ACTIONS, type ActionDone, type ActionName, act, actOn, missing } from './actions.js'
import { inPath, named } from './names.js'
import type { Answer, Asked, Operation } from './operation.js'
import { PAGE_FIELDS, pageOf } from './paging.js'

/** Where an endpoint is in the API. */
export const ENDPOINT = '/pools/{pool}/endpoints/{endpoint}'

/** What can be asked about pools, and done to their endpoints. */
export function poolOperations(source: PoolSource): readonly Operation[] {
  const inPool = finderOf(source)
  const doing = (action: ActionName): Operation => ({
    method: action === 'weight' ? 'PUT' : 'POST',
    path: `${ENDPOINT}/${action}`,
    name: action,
    summary: ACTIONS[action].summary,
    body: ACTIONS[action].fields,
    run: (asked) =>
      inPool(asked, (pool) => {
        const name = asked.names['endpoint']!
        return shown(act(pool, named(pool.endpoints, name)?.name ?? name, action, asked.body), asked)
      }),
  })
  return [
    {
      method: 'GET',
      path: '/pools',
      name: 'pools',
      summary: 'All pools.',
      query: PAGE_FIELDS,
      run: (asked) => ({ json: pageOf(poolsOf(source), asked, '/pools', (pool) => summaryOf(pool, asked)) }),
    },
    {
      method: 'GET',
      path: '/pools/{pool}',
      name: 'pool',
      summary: 'One pool, with its endpoints.',
      query: PAGE_FIELDS,
      run: (asked) =>
        inPool(asked, (pool) => {
          const { endpoints, ...rest } = pool.snapshot()
          const path = `/pools/${inPath(pool.name)}`
          const page = pageOf(endpoints, asked, path, (each) => withLink(pool.name, each, asked))
          return { json: { ...rest, discovers: pool.discovers, endpoints: page } }
        }),
    },
    {
      method: 'GET',
      path: ENDPOINT,
      name: 'endpoint',
      summary: 'One endpoint.',
      run: (asked) =>
        inPool(asked, (pool) => {
          const name = asked.names['endpoint']!
          const found = named(pool.endpoints, name)
          if (found === undefined) return missing('endpoint', name)
          return { json: { pool: pool.name, endpoint: withLink(pool.name, snapshotEndpoint(found), asked) } }
        }),
    },
    ...(Object.keys(ACTIONS) as ActionName[]).map(doing),
    {
      method: 'POST',
      path: '/actions',
      name: 'act',
      summary: 'Do to an endpoint what the path of the endpoint would, for names that no path can hold.',
      body: ACTION_FIELDS,
      action: ({ body }) => String(body['action']),
      subject: ({ body }) => `${body['pool']} ${body['endpoint']}`,
      run: (asked) => shown(actOn(poolsOf(source), asked.body), asked),
    },
  ]
}

/** What finds the pool that a path names. */
export function finderOf(
  source: PoolSource,
): (asked: Asked, run: (pool: Pool) => Answer | Promise<Answer>) => Answer | Promise<Answer> {
  return (asked, run) => {
    const name = asked.names['pool']!
    const pool = named(poolsOf(source), name)
    return pool === undefined ? missing('pool', name) : run(pool)
  }
}

/** What was done, with the address of the endpoint it was done to. */
export function shown(done: ActionDone | Refusal, asked: Asked): Answer {
  if ('status' in done) return done
  const { pool, endpoint } = done
  return { json: { ...done, endpoint: withLink(pool, endpoint, asked) }, subject: `${pool} ${endpoint.name}` }
}

function withLink(pool: string, endpoint: EndpointSnapshot, { link }: Asked): EndpointSnapshot & { href: string } {
  return { ...endpoint, href: link(hrefOf(pool, endpoint.name)) }
}

/** The path of an endpoint. */
export function hrefOf(pool: string, endpoint: string): string {
  return `/pools/${inPath(pool)}/endpoints/${inPath(endpoint)}`
}

function summaryOf(pool: Pool, { link }: Asked): object {
  const { name, endpoints, queued, discovers } = pool
  const available = endpoints.filter((each) => each.available && each.weight > 0).length
  return { name, endpoints: endpoints.length, available, queued, discovers, href: link(`/pools/${inPath(name)}`) }
}
