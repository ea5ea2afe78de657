import { subnetReader } from '../http/subnet.js'

/** Counts connections by client. An IPv6 client is its network: whoever has one address of it has all of them. */
export class ClientLimit {
  readonly #limit: number
  readonly #clientOf: (address: string) => string
  readonly #counts = new Map<string, number>()

  /**
   * @param limit 0 is no limit.
   * @param ipv6Prefix Bits of an IPv6 address that make a client.
   */
  constructor(limit: number, ipv6Prefix = 64) {
    this.#limit = limit
    this.#clientOf = subnetReader(ipv6Prefix)
  }

  /** Clients that have connections. */
  get clients(): number {
    return this.#counts.size
  }

  /** Counts one more connection of that client, and returns what counts it out again; `null` if there are enough. */
  enter(address: string): (() => void) | null {
    // On a Unix socket nobody has an address.
    if (this.#limit === 0 || address === '') return stay
    const client = this.#clientOf(address)
    const count = this.#counts.get(client) ?? 0
    if (count >= this.#limit) return null
    this.#counts.set(client, count + 1)
    return () => {
      const left = this.#counts.get(client)! - 1
      if (left === 0) this.#counts.delete(client)
      else this.#counts.set(client, left)
    }
  }
}

const stay = (): void => {}
