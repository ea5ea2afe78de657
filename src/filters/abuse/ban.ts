import { events as sharedEvents } from '../../events.js'
import { type Exchange, stateKey } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { type Milliseconds, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { realClock } from '../../upstream/clock.js'
import { toList } from '../access/ip-rules.js'
import { denier } from '../denial.js'
import { type BanEntry, BanList } from './ban-list.js'
import { type BanOptions, checkBanOptions } from './ban-options.js'
import { clientKeys } from './client-key.js'
import { drop } from './drop.js'
import { hearings } from './hearings.js'
import { Jury } from './jury.js'
import { Tarpit } from './tarpit.js'

/** A filter whose bans can be read, made and lifted at run time. */
export interface Ban extends Filter {
  /** The bans that hold, the newest first. */
  list(): readonly BanEntry[]
  /** Whether an address, or a key, is banned. */
  has(key: string): boolean
  /**
   * Bans an address, or whatever `key` makes of a request, from its next request on; in place of a ban that it has.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
   */
  ban(key: string, banMs: Milliseconds, why?: string): void
  /** Ends a ban, and forgets that it was. @returns whether there was one. */
  lift(key: string): boolean
  /** Requests that are held at the moment. */
  readonly held: number
}

const FILTER = 'ban'

/**
 * Makes the filter that turns clients away for a while after they have misbehaved, as HAProxy's stick tables or fail2ban: what counts,
 * how often it may be, and for how long the ban is, rules say. Who is banned is told so before anything is spent on them, and each
 * ban that follows soon is longer. Stands in front of all that may deny or answer.
 *
 * Memory is bounded. Each rule counts `maxTracked` clients by name; while that many have offended within the window, others are counted in
 * a sketch of fixed size, and get a place when they are half-way to the limit, from the client that has been quiet for longest. So
 * neither a crowd nor somebody with many addresses can hide an offender, who is banned after twice the limit at the latest.
 *
 * Everybody behind one address is one client. Bans live in this process; another can be told by `ban` events and {@link Ban.ban}.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const bans = ban({
 *   rules: [
 *     { count: 'unauthorized', limit: 10, windowMs: 60_000, banMs: 15 * 60_000 },
 *     { count: ['/.env', '/wp-login.php', '/.git/**'], limit: 1, banMs: 3_600_000 },
 *   ],
 *   exempt: ['10.0.0.0/8'],
 * })
 * ```
 */
export function ban(options: BanOptions = {}): Ban {
  checkBanOptions(options)
  const { action = 'deny', status = 403, tarpitMs = 10_000, maxTarpitted = 1_000, maxBanMs = 86_400_000 } = options
  const { events: hub = sharedEvents, clock = realClock, now = monotonic } = options
  const keys = clientKeys(options, FILTER, hub)
  const exempt = toList(options.exempt ?? [])
  const bans = new BanList(options.maxBans ?? 50_000, maxBanMs, now)
  const tarpit = new Tarpit(tarpitMs, maxTarpitted, clock)
  const deny = denier(FILTER, status, hub)
  const told = (entry: BanEntry, change: 'banned' | 'lifted'): void => {
    const { key, why, untilMs, offence } = entry
    if (hub.has('ban')) hub.emit('ban', { key, change, why, untilMs, offence })
  }
  const jury = new Jury(options.rules ?? [], options.maxTracked ?? 10_000, now, (key, { banMs, growth, why }) => {
    if (!bans.has(key)) told(bans.add(key, banMs, growth, why), 'banned')
  })
  const keyOfThis = stateKey<string>('ban')
  const spared = ({ client }: Exchange): boolean => exempt.size > 0 && exempt.has(client.address)

  const refuse = (exchange: Exchange, key: string): Promise<Reply> => {
    if (action === 'drop') {
      if (hub.has('denied')) hub.emit('denied', { exchange, filter: FILTER, status: 499, why: 'banned' })
      return drop(exchange, 'banned')
    }
    const reply = deny(exchange, 'banned')
    // A held stream takes one of its connection's, which carries other clients', too, where a proxy made it.
    const shared = exchange.client.trusted && 'stream' in exchange.raw
    return action === 'tarpit' && !shared ? tarpit.hold(exchange, key, reply) : Promise.resolve(reply)
  }

  const filter = defineFilter(
    {
      filterName: FILTER,
      stage: 'guard',
      ...hearings(FILTER, hub, jury, tarpit, keyOfThis),
      explain(exchange) {
        const key = keys.peek(exchange)
        if (key === null) return { verdict: 'pass', why: 'the request has no key' }
        if (spared(exchange)) return { verdict: 'pass', why: 'exempt' }
        // What is dropped gets no reply.
        const denial = { verdict: 'deny', status: action === 'drop' ? undefined : status } as const
        if (bans.has(key)) return { ...denial, why: 'banned' }
        const why = jury.foresee(key, exchange)
        return why === null
          ? { verdict: 'pass', why: 'not banned' }
          : { ...denial, why: `this one brings the ban: ${why}` }
      },
    },
    (exchange, next) => {
      const key = keys.of(exchange)
      if (key === null || spared(exchange)) return next(exchange)
      if (bans.has(key)) return refuse(exchange, key)
      if (jury.hears('request')) {
        jury.hear('request', key, exchange, null)
        if (bans.has(key)) return refuse(exchange, key)
      }
      if (jury.hears('denied') || jury.hears('anomaly')) exchange.set(keyOfThis, key)
      if (jury.hears('settled')) exchange.onSettled((outcome) => jury.hear('settled', key, exchange, outcome))
      return next(exchange)
    },
  )
  return Object.defineProperties(filter, {
    list: { value: () => bans.list() },
    has: { value: (key: string) => bans.has(keys.named(key)) },
    ban: {
      value(key: string, banMs: Milliseconds, why = 'by hand'): void {
        if (typeof key !== 'string' || key === '') throw optionError('ban.ban', 'key', key, 'an address or a key')
        if (!Number.isFinite(banMs) || banMs <= 0) throw optionError('ban.ban', 'banMs', banMs, 'milliseconds above 0')
        told(bans.set(keys.named(key), banMs, why), 'banned')
      },
    },
    lift: {
      value(key: string): boolean {
        const named = keys.named(key)
        jury.forget(named)
        const lifted = bans.lift(named)
        if (lifted !== null) told(lifted, 'lifted')
        return lifted !== null
      },
    },
    held: { get: () => tarpit.size },
  }) as Ban
}

/** Milliseconds since 1970 that no setting of the clock makes jump. */
function monotonic(): number {
  return performance.timeOrigin + performance.now()
}
