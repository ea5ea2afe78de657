import type { Refusal } from '../../filters/validate/refusal.js'
import type { Milliseconds } from '../../options.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { Pool } from '../../upstream/pool.js'
import { type EndpointSnapshot, snapshotEndpoint } from '../../upstream/snapshot.js'
import { type Fields, field, readFields } from './fields.js'

/** What can be done to an endpoint, as data. */
export interface EndpointAction extends ActionInput {
  /** Names. */
  readonly pool: string
  readonly endpoint: string
  readonly action: ActionName
}

export type ActionName = 'drain' | 'ready' | 'maintenance' | 'weight'

/** What an action is told besides the endpoint. */
export interface ActionInput {
  /** Of `weight`, 0 to 65535. */
  readonly weight?: number
  /** Of `drain`: what is still under way after so long is ended. @default as long as it takes */
  readonly deadlineMs?: Milliseconds
  /** Of `drain`: lets WebSockets live until they end by themselves, instead of telling both sides to go. @default false */
  readonly keepTunnels?: boolean
}

/** How things are after an action. */
export interface ActionDone {
  readonly pool: string
  readonly endpoint: EndpointSnapshot
  /** What the operator may not have meant. */
  readonly warning?: string
}

interface Action {
  readonly summary: string
  readonly fields: Fields
  act(pool: Pool, endpoint: string, input: ActionInput): void
}

/** Each action, with what it may be told. */
export const ACTIONS: Readonly<Record<ActionName, Action>> = {
  drain: {
    summary: 'Send no new traffic to an endpoint; what is under way goes on, and WebSockets are told to go (1001).',
    fields: {
      deadlineMs: field.duration('Milliseconds after which what is still under way is ended.'),
      keepTunnels: field.flag('Let WebSockets live until they end by themselves.'),
    },
    act(pool, endpoint, { deadlineMs, keepTunnels }) {
      // Nobody waits here: whoever asks can look at `inFlight` again.
      void pool.drain(endpoint, { deadlineMs, cut: deadlineMs !== undefined, keepTunnels })
    },
  },
  ready: {
    summary: 'Let an endpoint take traffic again.',
    fields: {},
    act: (pool, endpoint) => pool.ready(endpoint),
  },
  maintenance: {
    summary: 'Send no traffic to an endpoint; what is under way is left alone.',
    fields: {},
    act: (pool, endpoint) => pool.maintenance(endpoint),
  },
  weight: {
    summary: 'Set an endpoint’s share of traffic relative to the others; 0 takes none.',
    fields: { weight: field.required(field.whole(0, 65_535, 'The new weight.')) },
    act: (pool, endpoint, { weight }) => pool.setWeight(endpoint, weight!),
  },
}

const WHICH: Fields = {
  pool: field.required(field.text('Name of the pool.')),
  endpoint: field.required(field.text('Name of the endpoint.')),
  action: field.required(field.oneOf(Object.keys(ACTIONS), 'What to do.')),
}

/** Every field that an action given as data may have. */
export const ACTION_FIELDS: Fields = {
  ...WHICH,
  ...ACTIONS.drain.fields,
  weight: { ...ACTIONS.weight.fields['weight']!, required: false },
}

/**
 * Does to an endpoint what somebody asked for, and says how it is now. The same action twice is no error.
 *
 * @param wanted An {@link EndpointAction}, unchecked.
 * @returns A refusal for what can't be done: 404 for a pool or an endpoint that is not there, 400 for the rest.
 */
export function actOn(pools: readonly Pool[], wanted: unknown): ActionDone | Refusal {
  const read = readFields('action', ACTION_FIELDS, wanted)
  if ('status' in read) return read
  const { pool: name, endpoint, action, ...input } = read.members as unknown as EndpointAction
  const pool = pools.find((each) => each.name === name)
  return pool === undefined ? missing('pool', name) : act(pool, endpoint, action, input)
}

/** The same for a pool that is at hand. */
export function act(pool: Pool, endpoint: string, action: ActionName, input: unknown): ActionDone | Refusal {
  const { fields, act: run } = ACTIONS[action]
  const read = readFields(action, fields, input)
  if ('status' in read) return read
  const found = pool.endpoints.find(({ name }) => name === endpoint)
  if (found === undefined) return missing('endpoint', endpoint)
  run(pool, endpoint, read.members)
  return doneIn(pool, found, action !== 'ready')
}

/**
 * How things are after something was done to an endpoint.
 *
 * @param less Whether it can have left a pool with nothing that takes traffic, which is worth a warning.
 */
export function doneIn(pool: Pool, endpoint: Endpoint, less: boolean): ActionDone {
  const done = { pool: pool.name, endpoint: snapshotEndpoint(endpoint) }
  if (!less || pool.endpoints.some(({ available, weight }) => available && weight > 0)) return done
  return { ...done, warning: `No endpoint of the pool ${JSON.stringify(pool.name)} takes traffic now.` }
}

/** The refusal of a name that nothing has. */
export function missing(what: string, name: string): Refusal {
  return { status: 404, detail: `There is no ${what} ${JSON.stringify(name)}.` }
}
