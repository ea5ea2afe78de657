import { EdgeError } from '../../errors.js'
import { type Check, check, checkOptions, optionError } from '../../options.js'
import type { Consumer } from '../auth/consumer.js'
import { makePrincipal } from '../auth/make-principal.js'
import type { Principal } from '../auth/principal.js'

/** What you say of a consumer; what it leaves out is empty. */
export interface ConsumerLike {
  readonly id: string
  /** Name of its plan, which says what it may use. @default null: none */
  readonly plan?: string | null | undefined
  /** Groups that it is in. @default none */
  readonly groups?: readonly string[] | undefined
  /** What else is known of it, for rules and logs. @default empty */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** A consumer, and what is told of it to those behind us. */
export interface KnownConsumer {
  readonly consumer: Consumer
  /** The consumer in the shape that identity fields are written from. */
  readonly told: Principal
}

const NONE: readonly string[] = Object.freeze([])

const consumerChecks: Readonly<Record<keyof Consumer, Check>> = {
  id: check.string,
  plan: (value) => (value === null ? undefined : check.string(value)),
  groups: check.strings,
  metadata: check.object,
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no consumer. */
export function checkConsumer(where: string, like: ConsumerLike, more: Readonly<Record<string, Check>> = {}): void {
  checkOptions(where, like, { ...consumerChecks, ...more })
  if (like.id === undefined) throw optionError(where, 'id', undefined, 'a non-empty string')
}

/** A whole consumer; frozen, as many exchanges share one. */
export function makeConsumer(like: ConsumerLike): KnownConsumer {
  const { id, plan = null, groups = NONE, metadata = {} } = like
  const consumer = Object.freeze({
    id,
    plan,
    groups: Object.freeze([...groups]),
    metadata: Object.freeze({ ...metadata }),
  })
  return { consumer, told: makePrincipal('consumer', { id, groups: consumer.groups, claims: { consumer } }) }
}

/**
 * Makes a consumer of what a look-up answered, a record of a database perhaps: what else that has is left.
 *
 * @throws {@link EdgeError} `ERR_EDGE_BAD_VALUE` for what is no consumer.
 */
export function readConsumer(answer: unknown): KnownConsumer | null {
  if (answer === null || answer === undefined) return null
  const { id, plan, groups, metadata } = answer as ConsumerLike
  const like = { id, plan, groups, metadata }
  try {
    checkConsumer('consumers', like)
  } catch (error) {
    throw new EdgeError('ERR_EDGE_BAD_VALUE', 'consumers: lookup answered what is no consumer', { cause: error })
  }
  return makeConsumer(like)
}
