/** A count of each direction: from the client, and to it. */
export interface BothWays {
  readonly in: number
  readonly out: number
}

/** What has gone through a tunnel. Frames are counted as far as it speaks RFC 6455. */
export interface TunnelCounts {
  readonly bytes: BothWays
  /** Control frames are among them. */
  readonly frames: BothWays
  /** Whole text and binary messages. */
  readonly messages: BothWays
}

/** What came of a tunnel. */
export interface TunnelSummary extends TunnelCounts {
  /**
   * Code of the first close frame (RFC 6455 §7.1.5): 1005 if it had none, 1006 if the tunnel ended without one; `null` for what does
   * not speak RFC 6455.
   */
  readonly closeCode: number | null
  /** Who began to close it. */
  readonly closedBy: 'client' | 'upstream' | 'edge'
}

/** A joined pair of connections. */
export interface Tunneled {
  readonly counts: TunnelCounts
  /** Lets both sides go in good order, by a close frame where they speak RFC 6455. */
  end(reason: string): void
  /** Cuts both sides. */
  destroy(): void
}

/** Who is told of a tunnel, and may end it. */
export interface TunnelOwner {
  /** One has begun. */
  open(tunnel: Tunneled): void
  /** It is over. */
  shut(tunnel: Tunneled, summary: TunnelSummary): void
}

/** Tunnels of a gateway or an endpoint, as plain data: those that are open count as far as they have come. */
export interface TunnelTotals extends TunnelCounts {
  /** Open at this moment. */
  readonly open: number
  /** In all so far. */
  readonly opened: number
  /** How many closed with each code: registered ones (1000 to 1015) by number, others as `3xxx`, `4xxx` or `other`. */
  readonly closeCodes: Readonly<Record<string, number>>
}

/** Keeps the tunnels of one gateway or endpoint that are open, and counts those that were. */
export class TunnelBook implements TunnelOwner {
  readonly #open = new Set<Tunneled>()
  #leaving: string | null = null
  #opened = 0
  #past: TunnelCounts = NOTHING
  readonly #closeCodes = new Map<string, number>()

  get size(): number {
    return this.#open.size
  }

  open(tunnel: Tunneled): void {
    this.#open.add(tunnel)
    this.#opened++
    if (this.#leaving !== null) tunnel.end(this.#leaving)
  }

  shut(tunnel: Tunneled, summary: TunnelSummary): void {
    if (!this.#open.delete(tunnel)) return
    this.#past = sum(this.#past, summary)
    const code = codeName(summary.closeCode)
    if (code !== null) this.#closeCodes.set(code, (this.#closeCodes.get(code) ?? 0) + 1)
  }

  /** Lets go of all tunnels, and of those that come, until {@link stay}. */
  leave(reason: string): void {
    this.#leaving = reason
    for (const tunnel of [...this.#open]) tunnel.end(reason)
  }

  stay(): void {
    this.#leaving = null
  }

  destroy(): void {
    for (const tunnel of [...this.#open]) tunnel.destroy()
  }

  totals(): TunnelTotals {
    let counts = this.#past
    for (const tunnel of this.#open) counts = sum(counts, tunnel.counts)
    const { bytes, frames, messages } = counts
    return {
      ...{ open: this.#open.size, opened: this.#opened, bytes, frames, messages },
      closeCodes: Object.fromEntries(this.#closeCodes),
    }
  }
}

const NONE: BothWays = Object.freeze({ in: 0, out: 0 })
const NOTHING: TunnelCounts = Object.freeze({ bytes: NONE, frames: NONE, messages: NONE })

function sum(a: TunnelCounts, b: TunnelCounts): TunnelCounts {
  const both = (one: BothWays, other: BothWays): BothWays => ({ in: one.in + other.in, out: one.out + other.out })
  return {
    bytes: both(a.bytes, b.bytes),
    frames: both(a.frames, b.frames),
    messages: both(a.messages, b.messages),
  }
}

/** Few names, whatever a peer sends (H-202). */
function codeName(code: number | null): string | null {
  if (code === null) return null
  if (code >= 1000 && code <= 1015) return String(code)
  return code >= 3000 && code < 5000 ? `${Math.floor(code / 1000)}xxx` : 'other'
}
