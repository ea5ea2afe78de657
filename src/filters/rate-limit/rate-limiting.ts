import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { PlainHandler, Verdict } from '../../filter.js'
import { changeHeaders } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'
import { type Deny, denier } from '../denial.js'
import { type AnswerDenied, denialReply } from './denial-reply.js'
import { hasLeft, KeylessPolicy } from './keyless.js'
import { type Limit, wishesOf } from './limit.js'
import { fieldWriter, type WriteFields } from './limit-fields.js'
import { addLimits, type LimitState, stateOf } from './limits-of.js'
import type { RateLimitOptions } from './rate-limit-options.js'
import { Refunding } from './refunding.js'
import { type Answered, Taking, type Wish } from './taking.js'

type Now<T> = T | Promise<T>
/** What limits said to an exchange, or why they were not asked. */
type Judged = readonly Answered[] | 'skipped' | 'keyless'

/** What `rateLimit` does with exchanges. */
export class RateLimiting {
  readonly #limits: readonly Limit[]
  readonly #skip: RateLimitOptions['skip']
  readonly #keyless: KeylessPolicy
  readonly #dryRun: boolean
  readonly #hub: EventHub
  readonly #taking: Taking
  readonly #refunding: Refunding
  readonly #write: WriteFields | null
  readonly #deny: Deny
  readonly #answer: AnswerDenied

  constructor(options: RateLimitOptions, limits: readonly Limit[]) {
    const { dryRun = false, standardHeaders = 'draft-8', legacyHeaders = false } = options
    this.#limits = limits
    this.#skip = options.skip
    this.#keyless = new KeylessPolicy(options.missingKey, options.events)
    this.#dryRun = dryRun
    this.#hub = options.events ?? sharedEvents
    this.#taking = new Taking(options.now ?? (() => performance.now()))
    this.#refunding = new Refunding(options, this.#taking)
    // A limit that nobody is held to is not told of.
    this.#write = dryRun ? null : fieldWriter(standardHeaders, legacyHeaders)
    this.#deny = denier('rateLimit', options.statusCode ?? 429, options.events)
    this.#answer = denialReply(options)
  }

  run(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    try {
      const judged = this.#judge(exchange)
      return judged instanceof Promise
        ? judged.then((late) => this.#act(late, exchange, next))
        : this.#act(judged, exchange, next)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #judge(exchange: Exchange): Now<Judged> {
    const skipped = this.#skip?.(exchange) ?? false
    if (skipped instanceof Promise) return skipped.then((late) => (late ? 'skipped' : this.#count(exchange)))
    return skipped ? 'skipped' : this.#count(exchange)
  }

  #count(exchange: Exchange): Now<Judged> {
    if (hasLeft(exchange)) return 'keyless'
    const wishes = wishesOf(this.#limits, exchange, (name) => this.#keyless.meet(`rateLimit "${name}"`))
    return wishes instanceof Promise ? wishes.then((late) => this.#take(late)) : this.#take(wishes)
  }

  #take(wishes: readonly Wish[] | null): Now<Judged> {
    return wishes === null ? 'keyless' : this.#taking.take(wishes)
  }

  #act(judged: Judged, exchange: Exchange, next: PlainHandler): Promise<Reply> {
    if (judged === 'skipped') return next(exchange)
    if (judged === 'keyless') {
      return this.#dryRun ? next(exchange) : Promise.resolve(this.#deny(exchange, 'it has no key to be limited by'))
    }
    addLimits(exchange, judged)
    if (this.#hub.has('limitDecision')) this.#tellAll(judged, exchange)
    const last = judged.at(-1)
    if (last === undefined || last.decision.allowed) this.#refunding.watch(exchange, judged)
    else {
      this.#tell(last, exchange)
      if (!this.#dryRun) return this.#answer(exchange, judged).then((reply) => this.#written(reply, judged))
    }
    return this.#write === null ? next(exchange) : next(exchange).then((reply) => this.#written(reply, judged))
  }

  #tellAll(judged: readonly Answered[], exchange: Exchange): void {
    const refused = this.#dryRun ? 'dry-run' : 'denied'
    for (const { name: limit, decision } of judged)
      this.#hub.emit('limitDecision', { exchange, limit, decision: decision.allowed ? 'allowed' : refused })
  }

  #tell({ name: limit, key, cost, decision: { retryAfterMs } }: Answered, exchange: Exchange): void {
    if (!this.#hub.has('limited')) return
    this.#hub.emit('limited', { exchange, limit, key, cost, retryAfterMs, dryRun: this.#dryRun })
  }

  #written(reply: Reply, judged: readonly Answered[]): Reply {
    // Of what nobody counted, nothing can be said.
    const counted = judged.filter(({ decision }) => decision.degraded !== 'open')
    if (this.#write === null || counted.length === 0) return reply
    const headers = changeHeaders(reply.headers, {})
    this.#write(headers, counted)
    return { ...reply, headers }
  }

  explain(exchange: Exchange): Verdict {
    const skipped = this.#skip?.(exchange) ?? false
    if (skipped instanceof Promise) return wouldAsk(skipped)
    if (skipped) return { verdict: 'pass', why: 'it is not counted' }
    const wishes = wishesOf(this.#limits, exchange, () => this.#keyless.fate)
    if (wishes instanceof Promise) return wouldAsk(wishes)
    if (wishes === null) return { verdict: 'deny', why: 'it has no key to be limited by' }
    for (const { limiter, name, key, cost } of wishes) {
      const decision = limiter.peek(key, cost)
      if (decision instanceof Promise) return wouldAsk(decision)
      if (decision.allowed) continue
      const why = `limit "${name}" is reached`
      return this.#dryRun ? { verdict: 'pass', why: `${why}, and nobody is denied` } : { verdict: 'deny', why }
    }
    return { verdict: 'pass', why: 'all limits have units left' }
  }

  async resetKey(key: string): Promise<void> {
    for (const { limiters } of this.#limits) for (const limiter of limiters()) await limiter.reset(key)
  }

  async getKey(key: string): Promise<readonly LimitState[]> {
    const states: LimitState[] = []
    for (const { name, limiters } of this.#limits) {
      for (const limiter of limiters())
        states.push(stateOf({ name, limiter, key, cost: 0, decision: await limiter.peek(key, 0), at: 0 }))
    }
    return states
  }

  async close(): Promise<void> {
    for (const { limiters } of this.#limits) for (const limiter of limiters()) await limiter.close()
  }
}

/** What comes of a question that is not answered at once does not matter here. */
function wouldAsk(question: Promise<unknown>): Verdict {
  question.catch(() => {})
  return { verdict: 'depends', why: 'it would ask' }
}
