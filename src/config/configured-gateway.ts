import type { EventHub } from '../events.js'
import { createGateway, type Gateway, type ServedGateway } from '../gateway.js'
import type { Routed } from '../gateway-plan.js'
import type { TargetPolicy } from '../http/target.js'
import type { Trust } from '../http/trust.js'
import type { Route } from '../routing/route.js'
import type { Question } from '../routing/route-table.js'
import type { Traffic } from '../traffic.js'
import type { Pool } from '../upstream/pool.js'
import { type Build, build, type Workshop } from './build.js'
import type { ReadDocument } from './document/read-document.js'
import type { EdgeConfig } from './edge-config.js'

/** A gateway that a document describes. Give it to an adapter. */
export interface ConfiguredGateway extends ServedGateway {
  /** The pools of the document, by name: those that are there now. */
  readonly pools: ReadonlyMap<string, Pool>
  /**
   * Goes by another document from now on, all of it or nothing: see {@link Gateway.reload}. Pools, filters and handlers whose part of the
   * document did not change stay, with their health, counts and connections; a pool of which only the endpoints changed gets the new
   * ones; all else is made anew, and what was there is closed behind its last exchange.
   *
   * @param config The document; of a gateway that was loaded from a file, the file as it is now unless given.
   * @throws {@link ConfigError}, or what a new filter's `start` rejects with; nothing has changed then.
   */
  reload(config?: EdgeConfig): Promise<void>
}

/** Reads a document: the one given, or where there is none its file. */
export type Read = (config: EdgeConfig | undefined) => Promise<ReadDocument>

/** A core gateway whose options come from documents. */
export class DocumentGateway implements ConfiguredGateway {
  readonly events: EventHub
  readonly #core: Gateway
  readonly #workshop: Workshop
  readonly #read: Read
  #built: Build
  /** All pools that documents made and that are not closed yet. */
  readonly #open = new Set<Pool>()
  /** Settles when the last reload that was asked for is done. */
  #turn: Promise<void>
  #watch: { close(): void } | null = null

  private constructor(core: Gateway, built: Build, workshop: Workshop, read: Read) {
    this.events = core.events
    this.#core = core
    this.#built = built
    this.#workshop = workshop
    this.#read = read
    for (const pool of built.pools.fresh) this.#open.add(pool)
    this.#turn = core.ready.catch(() => {})
  }

  /** @throws {@link ConfigError}, or what a filter's `start` rejects with. */
  static async open(workshop: Workshop, read: Read, config?: EdgeConfig): Promise<DocumentGateway> {
    const built = await build(await read(config), workshop, null)
    const gateway = new DocumentGateway(createGateway(built.options), built, workshop, read)
    try {
      await gateway.ready
    } catch (error) {
      await gateway.close({ graceMs: 0 })
      throw error
    }
    return gateway
  }

  get ready(): Promise<void> {
    return this.#core.ready
  }

  get trust(): Trust {
    return this.#core.trust
  }

  get trusted(): boolean {
    return this.#core.trusted
  }

  get policy(): TargetPolicy {
    return this.#core.policy
  }

  get dropUnderscored(): boolean {
    return this.#core.dropUnderscored
  }

  get traffic(): Traffic {
    return this.#core.traffic
  }

  get pools(): ReadonlyMap<string, Pool> {
    return this.#built.byName
  }

  get routes(): readonly Route[] {
    return this.#core.routes
  }

  get phase(): Gateway['phase'] {
    return this.#core.phase
  }

  explain(...asked: Parameters<Gateway['explain']>): ReturnType<Gateway['explain']> {
    return this.#core.explain(...asked)
  }

  route(question: Question): Routed {
    return this.#core.route(question)
  }

  reload(config?: EdgeConfig): Promise<void> {
    const done = this.#turn.then(() => this.#reload(config))
    this.#turn = done.catch(() => {})
    return done
  }

  /** Keeps what looks for changes of the file until the gateway closes. */
  watchedBy(watch: { close(): void }): void {
    this.#watch = watch
  }

  async close(options?: Parameters<Gateway['close']>[0]): Promise<void> {
    this.#watch?.close()
    await this.#core.close(options)
    await this.#close([...this.#open])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #reload(config: EdgeConfig | undefined): Promise<void> {
    const before = this.#built
    const built = await build(await this.#read(config), this.#workshop, before)
    try {
      if (this.traffic.draining) await built.discard()
      // Refuses while it closes. Filters that it began to start, it closes.
      await this.#core.reload(built.options)
    } catch (error) {
      await this.#close(built.pools.fresh)
      throw error
    }
    // In the same turn of the event loop as the swap: no request comes in between.
    built.pools.sync()
    this.#built = built
    for (const pool of built.pools.fresh) this.#open.add(pool)
    const kept = new Set(built.byName.values())
    const gone = [...before.byName.values()].filter((pool) => !kept.has(pool))
    void this.traffic.settled().then(() => this.#close(gone))
  }

  async #close(pools: readonly Pool[]): Promise<void> {
    for (const pool of pools) this.#open.delete(pool)
    await Promise.allSettled(pools.map((pool) => pool.close()))
  }
}
