import type { EventHub } from './events.js'
import { type Filter, type Handler, nameOf } from './filter.js'
import type { GatewayPlan } from './gateway-plan.js'
import { optionError } from './options.js'

/**
 * Starts and closes what the plans of one gateway are made of: each filter and handler once, however many plans have it, one after
 * the other or for a while together.
 */
export class Upkeep {
  /** The plan in force, and older ones that still have exchanges under way. */
  readonly #plans = new Set<GatewayPlan>()
  readonly #open = new Set<Filter | Handler>()
  readonly #ended = new WeakSet<Filter | Handler>()
  readonly #events: EventHub

  constructor(events: EventHub) {
    this.#events = events
  }

  /**
   * Starts what no other plan has started. If one does not start, what only this plan has is closed, and the plan is not taken on.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION` for a filter or handler that has been closed; what a filter's `start` throws.
   */
  async take(plan: GatewayPlan): Promise<void> {
    const { filters, terminals } = plan.parts
    const fresh = [...filters, ...terminals].filter((part) => !this.#open.has(part))
    const ended = fresh.find((part) => this.#ended.has(part))
    if (ended !== undefined)
      throw optionError(
        'reload',
        'routes',
        nameOf(ended as Filter),
        'filters and handlers that have not been closed; make it anew',
      )
    this.#plans.add(plan)
    for (const part of fresh) this.#open.add(part)
    try {
      await Promise.all([...filters].map((filter) => (fresh.includes(filter) ? filter.start?.() : undefined)))
    } catch (error) {
      await this.drop(plan)
      throw error
    }
  }

  /** Lets go of a plan, and closes what no other has. */
  async drop(plan: GatewayPlan): Promise<void> {
    this.#plans.delete(plan)
    const held = [...this.#plans].map(({ parts }) => parts)
    const isHeld = (part: Filter | Handler): boolean =>
      held.some(({ filters, terminals }) => filters.has(part as Filter) || terminals.has(part as Handler))
    const { filters, terminals } = plan.parts
    await this.#end([...filters].filter((part) => !isHeld(part)))
    await this.#end([...terminals].filter((part) => !isHeld(part)))
  }

  /** Lets go of all plans. */
  async close(): Promise<void> {
    const plans = [...this.#plans]
    this.#plans.clear()
    // Handlers last: filters may ask them until they are closed.
    await this.#end(plans.flatMap(({ parts }) => [...parts.filters]))
    await this.#end(plans.flatMap(({ parts }) => [...parts.terminals]))
  }

  async #end(parts: readonly (Filter | Handler)[]): Promise<void> {
    const closing = parts.filter((part) => this.#open.delete(part) && part.close !== undefined)
    for (const part of closing) this.#ended.add(part)
    await Promise.all(closing.map((part) => this.#close(part)))
  }

  /** What one fails to close keeps no other from being closed. */
  async #close(part: Filter | Handler): Promise<void> {
    try {
      await part.close?.()
    } catch (error) {
      this.#events.emit('fault', { where: `close of ${nameOf(part as Filter)}`, error })
    }
  }
}
