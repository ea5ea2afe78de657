import { LRUCache } from 'lru-cache'
import type { Milliseconds } from '../../options.js'

/** One ban. */
export interface BanEntry {
  /** The client's address or its subnet, unless the ban has a `key` of its own. */
  readonly key: string
  /** Which rule it was, or what {@link Ban.ban} was told. */
  readonly why: string
  /** Its end, in milliseconds since 1970. */
  readonly untilMs: number
  /** 1 for the first; one that comes soon after the end of another is the next. */
  readonly offence: number
}

interface KeptBan extends BanEntry {
  /** An offence before this is a repeated one. */
  readonly rememberedMs: number
}

/** What is over is swept out once in so long, where there is no more room. */
const SWEEP_MS = 1_000

/** Who is banned, and until when: for as long again as a ban has lasted it is remembered, so that the next one can be longer. */
export class BanList {
  readonly #bans: LRUCache<string, KeptBan>
  readonly #maxBans: number
  readonly #maxBanMs: Milliseconds
  readonly #now: () => number
  #sweptAt = 0

  constructor(maxBans: number, maxBanMs: Milliseconds, now: () => number) {
    this.#bans = new LRUCache({ max: maxBans })
    this.#maxBans = maxBans
    this.#maxBanMs = maxBanMs
    this.#now = now
  }

  has(key: string): boolean {
    if (this.#bans.size === 0) return false
    // No look at it makes a ban younger: the one that began first gives way where there is no more room.
    const ban = this.#bans.peek(key)
    return ban !== undefined && ban.untilMs > this.#now()
  }

  /** Bans for a time that grows by a factor with each offence. */
  add(key: string, banMs: Milliseconds, growth: number, why: string): BanEntry {
    const now = this.#now()
    const before = this.#bans.peek(key)
    const offence = before !== undefined && before.rememberedMs > now ? before.offence + 1 : 1
    const lastsMs = Math.min(this.#maxBanMs, banMs * growth ** (offence - 1))
    return this.#put({ key, why, untilMs: now + lastsMs, offence, rememberedMs: now + 2 * lastsMs })
  }

  /** Bans for a time that is given, whatever was before. */
  set(key: string, banMs: Milliseconds, why: string): BanEntry {
    const now = this.#now()
    const offence = this.#bans.peek(key)?.offence ?? 1
    return this.#put({ key, why, untilMs: now + banMs, offence, rememberedMs: now + 2 * banMs })
  }

  /** Ends a ban and forgets it. @returns the ban, if there was one. */
  lift(key: string): BanEntry | null {
    const ban = this.#bans.peek(key)
    this.#bans.delete(key)
    return ban !== undefined && ban.untilMs > this.#now() ? shown(ban) : null
  }

  /** Those that hold, the newest first. */
  list(): BanEntry[] {
    const now = this.#now()
    return [...this.#bans.values()].filter(({ untilMs }) => untilMs > now).map(shown)
  }

  #put(ban: KeptBan): BanEntry {
    if (this.#bans.size >= this.#maxBans) this.#sweep()
    this.#bans.set(ban.key, ban)
    return shown(ban)
  }

  #sweep(): void {
    const now = this.#now()
    if (now - this.#sweptAt < SWEEP_MS) return
    this.#sweptAt = now
    for (const [key, { rememberedMs }] of this.#bans.entries()) if (rememberedMs <= now) this.#bans.delete(key)
  }
}

function shown({ key, why, untilMs, offence }: KeptBan): BanEntry {
  return { key, why, untilMs, offence }
}
