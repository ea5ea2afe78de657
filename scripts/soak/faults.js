// What befalls the gateway while it works: upstreams that are killed, configurations that change, endpoints that are drained.

import { setTimeout as delay } from 'node:timers/promises'

const POOLS = ['http1', 'proxied', 'undici', 'http2']
/** How long a killed upstream is away, at the least and at the most. */
const AWAY_MS = [200, 2_000]
const RELOAD_EVERY_MS = 4_000
const DRAIN_EVERY_MS = 3_000

export class Faults {
  /** @type {{ name: string, at: number }[]} */
  kills = []
  reloads = 0
  drains = 0
  #chance
  #gateway
  #upstreams

  /** @param {{ chance: import('./chance.js').Chance, gateway: import('./processes.js').Worker, upstreams: object }} around */
  constructor({ chance, gateway, upstreams }) {
    this.#chance = chance
    this.#gateway = gateway
    this.#upstreams = upstreams
  }

  /** Lets so many upstreams die, one at a time, and the rest happen, for a while; resolves when all is well again. */
  async happen(forMs, kills) {
    const until = Date.now() + forMs
    const lastKill = Math.max(forMs - AWAY_MS[1], forMs / 2)
    await Promise.all([
      this.#killing(kills, lastKill / kills),
      this.#repeated(until, RELOAD_EVERY_MS, () => this.#reload()),
      this.#repeated(until, DRAIN_EVERY_MS, () => this.#drain()),
      delay(forMs),
    ])
    while (!(await this.#gateway.ask('well'))) await delay(50)
  }

  async #killing(count, everyMs) {
    const began = Date.now()
    for (let nth = 1; nth <= count; nth++) {
      await delay(began + (nth - 0.5) * everyMs - Date.now())
      const at = this.#chance.whole(0, this.#upstreams.count - 1)
      this.kills.push({ name: this.#upstreams.nameOf(at), at: Date.now() })
      await this.#upstreams.kill(at)
      await delay(this.#chance.whole(...AWAY_MS))
      await this.#upstreams.start(at)
    }
  }

  async #repeated(until, everyMs, run) {
    for (;;) {
      await delay(this.#chance.whole(everyMs / 2, everyMs * 1.5))
      if (Date.now() > until) return
      await run()
    }
  }

  async #reload() {
    await this.#gateway.ask('reload')
    this.reloads++
  }

  async #drain() {
    await this.#gateway.ask('drain', {
      pool: this.#chance.of(POOLS),
      at: this.#chance.whole(0, this.#upstreams.count - 1),
    })
    this.drains++
  }
}
