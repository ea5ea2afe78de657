import { EdgeError } from './errors.js'
import type { Exchange } from './exchange.js'
import { mountedBare } from './mounted-bare.js'
import { check, checkOptions, optionError } from './options.js'
import type { Reply } from './reply.js'
import type { HandlerVerdict, Verdict } from './verdict.js'

export type { Verdict } from './verdict.js'

/** Answers an exchange. One that needs what a path captures says so, as `Handler<{ id: string }>`; any other fits every route. */
export type Handler<Params extends Record<string, string> = Record<string, string>> = ((
  exchange: Exchange<Params>,
) => Promise<Reply>) &
  Optional<HandlerTraits>

/** Stands between an exchange and the rest of the chain. With nothing to do after `next`, return `next(exchange)` without `await`. */
export type Filter<Params extends Record<string, string> = Record<string, string>> = ((
  exchange: Exchange<Params>,
  next: PlainHandler,
) => Promise<Reply>) &
  Optional<FilterTraits>

/** All of it may be left out, or be `undefined`. */
export type Optional<Traits> = { readonly [Name in keyof Traits]?: Traits[Name] | undefined }

/** A handler as filters see it. */
export type PlainHandler = (exchange: Exchange) => Promise<Reply>

/** What a handler may tell about itself. */
export interface HandlerTraits {
  /** Ends what the handler owns: its pool, its connections. */
  close(): Promise<void>
  /** Whether it tells how the process is, so that it is asked while the gateway starts and closes, too: `liveness()`, `readiness()`. */
  readonly vital: boolean
  /** Set by {@link handOver}: the framework's own handlers answer. */
  readonly handsOver: boolean
  /** Set by {@link compose}. */
  readonly chain: Chain
  /** Handlers that this one chooses among or asks: their filters start and close with the gateway, too. */
  readonly branches: readonly Handler[]
  /** What it would do; must not spend, store or send. */
  explain(exchange: Exchange): HandlerVerdict
}

/** The parts a composed handler was made of, for checks of order and for life cycle. */
export interface Chain {
  readonly filters: readonly Filter[]
  readonly terminal: Handler
}

/** Where in a chain a filter belongs: observers may stand anywhere, guards before stores. */
export type FilterStage = 'observe' | 'guard' | 'shape' | 'store'

/** What a filter tells about itself. A plain function is a filter too: stage `shape`, no life cycle. */
export interface FilterTraits {
  /** In errors, logs and explanations. */
  readonly filterName: string
  readonly stage: FilterStage
  /** Whether it reads or changes the reply's body, so that it can't stand in front of {@link handOver}. */
  readonly needsReplyBody: boolean
  /** Fields by which it tells the upstream who asks: the gateway takes them from what clients send, on all its routes (H-064). */
  readonly identityHeaders: readonly string[]
  /** Run once, before the first exchange; a rejection keeps the gateway from getting ready. */
  start(): Promise<void>
  /** Run once, when no gateway has the filter any more and the last exchange is through. */
  close(): Promise<void>
  /** What it would do; must not spend, store or send. */
  explain(exchange: Exchange): Verdict
}

/**
 * Makes a filter with a name, a stage and a life cycle.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const timing = defineFilter({ filterName: 'timing', stage: 'observe' }, async (exchange, next) => {
 *   const started = performance.now()
 *   const reply = await next(exchange)
 *   const took = (performance.now() - started).toFixed(1)
 *   return { ...reply, headers: { ...reply.headers, 'server-timing': `edge;dur=${took}` } }
 * })
 * ```
 */
export function defineFilter<Params extends Record<string, string> = Record<string, string>>(
  traits: Pick<FilterTraits, 'filterName'> & Optional<FilterTraits>,
  run: (exchange: Exchange<Params>, next: PlainHandler) => Promise<Reply>,
): Filter<Params> {
  checkOptions('defineFilter', traits, {
    filterName: check.string,
    stage: check.oneOf('observe', 'guard', 'shape', 'store'),
    needsReplyBody: check.boolean,
    identityHeaders: check.strings,
    start: check.function,
    close: check.function,
    explain: check.function,
  })
  if (traits.filterName === undefined) throw optionError('defineFilter', 'filterName', undefined, 'a non-empty string')
  if (typeof run !== 'function') throw optionError('defineFilter', 'run', run, 'a function (exchange, next)')
  const filter: Filter<Params> = (exchange, next) => run(exchange, next)
  return Object.assign(filter, { stage: 'shape' as const, ...traits })
}

/**
 * Links filters and a terminal handler into one handler, once: the first filter is outermost.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is not a function, `ERR_EDGE_HAND_OVER` for a filter that needs the
 * reply's body in front of {@link handOver}.
 * @example
 * ```ts
 * const handler = compose(timing, forward('http://127.0.0.1:3000'))
 * ```
 */
export function compose<Params extends Record<string, string> = Record<string, string>>(
  ...chain: readonly [...filters: Filter<Params>[], terminal: Handler<Params>]
): Handler<Params> {
  for (const [at, part] of chain.entries()) {
    if (typeof part !== 'function')
      throw optionError('compose', String(at), part, at === chain.length - 1 ? 'a handler' : 'a filter')
  }
  const terminal = chain.at(-1) as Handler | undefined
  if (terminal === undefined) throw optionError('compose', '0', undefined, 'filters and, last, a handler')
  const filters = chain.slice(0, -1) as Filter[]
  const flat = flatten(filters, terminal)
  if (flat.terminal.handsOver === true) {
    const reader = flat.filters.find((filter) => filter.needsReplyBody === true)
    if (reader !== undefined) {
      throw new EdgeError(
        'ERR_EDGE_HAND_OVER',
        `filter "${nameOf(reader)}" needs the reply's body, which handOver() never sees; put it in front of a handler that answers (docs/errors.md#err_edge_hand_over)`,
      )
    }
  }
  const linked = filters.reduceRight<PlainHandler>((next, filter) => (exchange) => filter(exchange, next), terminal)
  const handler: Handler = (exchange: Exchange, second?: unknown, third?: unknown) =>
    second === undefined ? linked(exchange) : mountedBare('compose()', second, third)
  return Object.assign(handler, { chain: flat, ...(flat.terminal.handsOver === true ? { handsOver: true } : {}) })
}

/** All filters of a chain, those of composed handlers inside it included, outermost first. */
export function flatten(filters: readonly Filter[], terminal: Handler): Chain {
  const inner = terminal.chain
  return inner === undefined
    ? { filters, terminal }
    : { filters: [...filters, ...inner.filters], terminal: inner.terminal }
}

/** What a chain is made of when every branch of its terminal handler is followed to its end. */
export interface Parts {
  readonly filters: ReadonlySet<Filter>
  readonly terminals: ReadonlySet<Handler>
  /** The filters on each way through it, outermost first. */
  readonly lines: readonly (readonly Filter[])[]
}

/** Follows a chain, and every branch that its terminal handler has. */
export function partsOf(filters: readonly Filter[], terminal: Handler): Parts {
  const flat = flatten(filters, terminal)
  const parts = { filters: new Set(flat.filters), terminals: new Set([flat.terminal]), lines: [flat.filters] }
  const { branches = [] } = flat.terminal
  if (branches.length === 0) return parts
  const inner = branches.map((branch) => partsOf(flat.filters, branch))
  return {
    filters: new Set([...parts.filters, ...inner.flatMap((each) => [...each.filters])]),
    terminals: new Set([...parts.terminals, ...inner.flatMap((each) => [...each.terminals])]),
    lines: inner.flatMap((each) => each.lines),
  }
}

/** What starts and closes with its owner. */
export interface Life {
  start(): Promise<void>
  close(): Promise<void>
}

/** Starts and closes every filter of a chain and of its branches, once each, and at the end the handlers behind them. */
export function lifeOf(...handlers: readonly Handler[]): Life {
  const parts = handlers.map((handler) => partsOf([], handler))
  const filters = new Set(parts.flatMap((each) => [...each.filters]))
  const terminals = new Set(parts.flatMap((each) => [...each.terminals]))
  return {
    async start() {
      const started = [...filters].map((filter) => filter.start?.())
      if (started.some((each) => each !== undefined)) await Promise.all(started)
    },
    async close() {
      await Promise.allSettled([...filters].map((filter) => filter.close?.()))
      await Promise.allSettled([...terminals].map((handler) => handler.close?.()))
    },
  }
}

/**
 * Makes a handler of others, among which it chooses or which it asks: they start and close with it, and the order of filters is
 * checked through it.
 */
export function branching<T extends PlainHandler>(run: T, branches: readonly Handler[]): T & Handler {
  const handsOver = branches.some((branch) => branch.handsOver === true)
  return Object.assign(run, { branches, ...(handsOver ? { handsOver } : {}) })
}

/**
 * Refuses a chain in which a store (cache, collapse, idempotency) stands outside a guard (authentication, limit, ban): what it
 * stored would be served past the guard (H-177).
 *
 * @throws {@link EdgeError} `ERR_EDGE_FILTER_ORDER` naming both filters and the route.
 */
export function checkOrder(filters: readonly Filter[], route: string): void {
  let store: Filter | undefined
  for (const filter of filters) {
    if (filter.stage === 'store') store ??= filter
    if (filter.stage === 'guard' && store !== undefined) {
      throw new EdgeError(
        'ERR_EDGE_FILTER_ORDER',
        `route ${route}: "${nameOf(store)}" (store) stands outside "${nameOf(filter)}" (guard); put the guard first (docs/errors.md#err_edge_filter_order)`,
      )
    }
  }
}

/** A filter's name, for messages. */
export function nameOf(filter: Filter): string {
  return filter.filterName ?? (filter.name || 'anonymous filter')
}
