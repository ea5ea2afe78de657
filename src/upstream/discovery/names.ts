import type { RecordWithTtl, SrvRecord } from 'node:dns'
import { errorCode } from '../../errors.js'
import type { Milliseconds } from '../../options.js'
import { unlessStopped } from './stoppable.js'

/** What is asked of a resolver; `Resolver` of `node:dns/promises` is one. */
export interface DnsResolver {
  resolve4(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>
  resolve6(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>
  resolveSrv(name: string): Promise<SrvRecord[]>
}

export interface FoundAddresses {
  readonly addresses: readonly string[]
  readonly ttlMs: Milliseconds
}

type Family = 4 | 6
const FAMILIES: readonly Family[] = [4, 6]

/** The name is not there, or has no records of that kind: an answer, unlike SERVFAIL or none. */
export function isAbsence(error: unknown): boolean {
  return ['ENOTFOUND', 'ENODATA'].includes(errorCode(error))
}

/** An {@link isAbsence} of our own. */
export function absence(name: string): Error {
  return Object.assign(new Error(`${name} has no records`), { code: 'ENODATA' })
}

/** Resolves names to addresses, and remembers what it found for the times when it can't. */
export class Names {
  readonly #known = new Map<string, readonly string[]>()

  /**
   * Addresses of these families. One family whose question fails is stood in for by what it last had, or by the other.
   *
   * @throws the resolver's error when there is no address; {@link isAbsence} if all that were asked say that there is none.
   */
  async addresses(
    resolver: DnsResolver,
    name: string,
    families: readonly Family[],
    signal: AbortSignal,
  ): Promise<FoundAddresses> {
    const asked = await Promise.allSettled(families.map((family) => this.#ask(resolver, name, family, signal)))
    signal.throwIfAborted()
    let ttlMs = Number.POSITIVE_INFINITY
    const addresses: string[] = []
    let failure: unknown = absence(name)
    for (const [at, answer] of asked.entries()) {
      const key = `${families[at]} ${name}`
      if (answer.status === 'fulfilled') {
        ttlMs = Math.min(ttlMs, answer.value.ttlMs)
        addresses.push(...answer.value.addresses)
        this.#known.set(key, answer.value.addresses)
      } else if (isAbsence(answer.reason)) {
        if (isAbsence(failure)) failure = answer.reason
        this.#known.delete(key)
      } else {
        failure = answer.reason
        addresses.push(...(this.#known.get(key) ?? []))
      }
    }
    // No fresh answer at all is a failure, though there may be remembered ones: whoever asked has those too.
    if (addresses.length === 0 || ttlMs === Number.POSITIVE_INFINITY) throw failure
    return { addresses, ttlMs }
  }

  /** IPv4 addresses, or IPv6 ones of a name that has no IPv4. @throws as {@link addresses} does */
  async eitherFamily(resolver: DnsResolver, name: string, signal: AbortSignal): Promise<FoundAddresses> {
    try {
      return await this.addresses(resolver, name, [4], signal)
    } catch (error) {
      if (!isAbsence(error)) throw error
      return this.addresses(resolver, name, [6], signal)
    }
  }

  /** What it last found for a name, also while it can't be resolved. */
  remembered(name: string): readonly string[] {
    return FAMILIES.flatMap((family) => this.#known.get(`${family} ${name}`) ?? [])
  }

  /** Forgets all other names: targets of SRV records come and go for ever. */
  retain(names: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) if (!names.has(key.slice(2))) this.#known.delete(key)
  }

  async #ask(resolver: DnsResolver, name: string, family: Family, signal: AbortSignal): Promise<FoundAddresses> {
    const question = family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true })
    const records = await unlessStopped(question, signal)
    if (records.length === 0) throw absence(name)
    return {
      addresses: records.map(({ address }) => address),
      ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
    }
  }
}
