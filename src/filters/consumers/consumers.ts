import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler, type Verdict } from '../../filter.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { setConsumer } from '../auth/consumer.js'
import { isOpen, leaveOpen, principalOf } from '../auth/principal.js'
import { type DenialOptions, denier } from '../denial.js'
import { type ConsumerHeaders, compileConsumerHeaders } from './consumer-headers.js'
import { compileList, type ListedConsumer } from './listed.js'
import { type ConsumerLookup, LookedUp } from './looked-up.js'
import { type ConsumerLike, checkConsumer, type KnownConsumer, makeConsumer } from './make-consumer.js'
import { setStandIn } from './stand-in.js'

export interface ConsumersOptions extends DenialOptions {
  /** Consumers that are known beforehand. @default none */
  readonly list?: readonly ListedConsumer[] | undefined
  /**
   * Finds the consumer of a principal that is not in the list. What it answers is remembered by principal, whatever the exchange: with
   * `cacheMs: 0` it may look at that. What it throws becomes a 503. @default none
   */
  readonly lookup?: ConsumerLookup | undefined
  /**
   * What becomes of a principal without a consumer: 403, on without one, or on as this consumer, whose limits are then counted for each
   * address. @default 'deny'
   */
  readonly unknown?: 'deny' | 'pass' | ConsumerLike | undefined
  /** The same of a request without a principal. @default 'deny' */
  readonly anonymous?: 'deny' | 'pass' | ConsumerLike | undefined
  /** Fields that tell the upstream whose request it is; those that a client sends are taken away on every route of the gateway. @default none */
  readonly identityHeaders?: ConsumerHeaders | undefined
  /** How long a look-up's consumer is remembered; 0 for not at all. @default 60_000 */
  readonly cacheMs?: Milliseconds | undefined
  /** How long it is remembered that there is none; 0 for not at all. @default 5_000 */
  readonly unknownMs?: Milliseconds | undefined
  /** Look-ups that are remembered; past it the one not used for longest goes. @default 10_000 */
  readonly maxCached?: number | undefined
  /** The longest that a look-up may take. @default 5_000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** Reads a clock that never steps. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
}

/** The filter, and a way to make it look again. */
export interface Consumers extends Filter {
  /** Forgets what look-ups said: of one consumer, and of all that were unknown, or of all. */
  forget(consumerId?: string): void
}

/**
 * Tells whose a request is: the consumer (application, customer, partner) that its principal belongs to, for `consumerOf`, plans and logs.
 * Stands behind the authenticator.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const known = consumers({
 *   list: [{ id: 'acme', plan: 'pro', principals: ['key-7', { scheme: 'jwt', id: 'acme-backend' }] }],
 *   lookup: (principal) => database.consumerOf(principal.id),
 *   anonymous: { id: 'anonymous', plan: 'free' },
 * })
 * ```
 */
export function consumers(options: ConsumersOptions): Consumers {
  checkOptions('consumers', options, {
    list: check.array,
    lookup: check.function,
    unknown: check.either(check.oneOf('deny', 'pass'), check.object),
    anonymous: check.either(check.oneOf('deny', 'pass'), check.object),
    identityHeaders: check.object,
    cacheMs: check.durationOrOff,
    unknownMs: check.durationOrOff,
    maxCached: check.whole(1, 10_000_000),
    timeoutMs: check.duration,
    now: check.function,
    events: check.object,
  })
  const { list = [], lookup, cacheMs = 60_000, unknownMs = 5_000, maxCached = 10_000, timeoutMs = 5_000 } = options
  const { identityHeaders = {}, now = () => performance.now(), events } = options
  if (options.list === undefined && lookup === undefined)
    throw optionError('consumers', 'list', undefined, 'a list here, or a function as "lookup"')
  const find = compileList(list)
  const others =
    lookup === undefined ? undefined : new LookedUp({ lookup, cacheMs, unknownMs, maxCached, timeoutMs, now })
  const write = compileConsumerHeaders(identityHeaders)
  const deny = denier('consumers', 403, events)
  const without = {
    unknown: compileStandIn('unknown', options.unknown),
    anonymous: compileStandIn('anonymous', options.anonymous),
  }

  /** `undefined` where only asking would tell. */
  const recall = (exchange: Exchange, how: 'recall' | 'peek' = 'recall'): KnownConsumer | null | undefined => {
    const principal = principalOf(exchange)
    if (principal === undefined) return null
    return find(principal) ?? (others === undefined ? null : others[how](principal))
  }
  const standInFor = (exchange: Exchange): 'deny' | 'pass' | KnownConsumer =>
    principalOf(exchange) === undefined ? without.anonymous : without.unknown
  const goOn = (exchange: Exchange, found: KnownConsumer | null, next: PlainHandler): Promise<Reply> => {
    const known = found ?? standInFor(exchange)
    if (known === 'pass') return next(exchange)
    if (known === 'deny') return Promise.resolve(deny(exchange, whyDenied(exchange)))
    const identified = write(exchange, known.told)
    if (identified === null) return Promise.resolve(deny(exchange, UNWRITABLE))
    note(exchange, known, found === null)
    return next(identified)
  }
  const explain = (exchange: Exchange): Verdict => {
    const found = recall(exchange, 'peek')
    if (found === undefined) return { verdict: 'depends', why: 'it would look the consumer up', onward: leaveOpen }
    if (principalOf(exchange) === undefined && isOpen(exchange) === true)
      return { verdict: 'depends', why: 'on who asks', onward: leaveOpen }
    const known = found ?? standInFor(exchange)
    if (known === 'deny') return { verdict: 'deny', why: whyDenied(exchange), status: 403 }
    if (known === 'pass') return { verdict: 'pass', why: 'without a consumer' }
    const identified = write(exchange, known.told)
    if (identified === null) return { verdict: 'deny', why: UNWRITABLE, status: 403 }
    const onward = (copy: Exchange): Exchange => {
      note(copy, known, found === null)
      return write(copy, known.told)!
    }
    return { verdict: 'pass', why: `consumer "${known.consumer.id}"`, onward }
  }
  const filter = defineFilter(
    {
      filterName: 'consumers',
      stage: 'guard',
      identityHeaders: Object.keys(identityHeaders).map((name) => name.toLowerCase()),
      explain,
    },
    (exchange, next) => {
      const found = recall(exchange)
      if (found !== undefined) return goOn(exchange, found, next)
      return others!.ask(principalOf(exchange)!, exchange).then((known) => goOn(exchange, known, next))
    },
  )
  return Object.assign(filter, { forget: (consumerId?: string) => others?.forget(consumerId) })
}

const UNWRITABLE = 'what is known of the consumer cannot stand in a field'

function note(exchange: Exchange, { consumer }: KnownConsumer, isStandIn: boolean): void {
  setConsumer(exchange, consumer)
  if (isStandIn) setStandIn(exchange)
}

function whyDenied(exchange: Exchange): string {
  return principalOf(exchange) === undefined ? 'there is no principal' : 'the principal has no consumer'
}

function compileStandIn(
  name: string,
  option: 'deny' | 'pass' | ConsumerLike = 'deny',
): 'deny' | 'pass' | KnownConsumer {
  if (typeof option === 'string') return option
  checkConsumer(`consumers: ${name}`, option)
  return makeConsumer(option)
}
