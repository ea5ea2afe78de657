import { LRUCache } from 'lru-cache'
import { type Bytes, check, checkOptions, type Milliseconds } from '../../../options.js'
import type { IdempotencyStore, KeptReply, KnownRequest } from './store.js'

export interface MemoryIdempotencyStoreOptions {
  /** What all kept replies may take together; past it those that were used longest ago go before their time. @default 64 MiB */
  readonly maxBytes?: Bytes | undefined
  /** A clock that is never set back. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
}

interface Kept {
  readonly known: KnownRequest
  readonly until: Milliseconds
}

/** Key, fingerprint and what holds them. */
const ENTRY_COST = 400

/**
 * Keeps idempotent requests in the memory of this process: right for one process, or where a client is always sent to the same one. Several
 * share `redisIdempotencyStore`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const once = idempotency({ store: memoryIdempotencyStore({ maxBytes: 16_777_216 }) })
 * ```
 */
export function memoryIdempotencyStore(options: MemoryIdempotencyStoreOptions = {}): IdempotencyStore {
  checkOptions('memoryIdempotencyStore', options, {
    maxBytes: check.whole(1, Number.MAX_SAFE_INTEGER),
    now: check.function,
  })
  const { maxBytes = 67_108_864, now = () => performance.now() } = options
  // What is under way is no cache: it ends with its request, and forgetting it would let a second one through.
  const running = new Map<string, Kept>()
  const kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ known }) => ENTRY_COST + sizeOf(known.reply!),
  })
  const fresh = (found: Kept | undefined): KnownRequest | undefined =>
    found !== undefined && found.until > now() ? found.known : undefined
  return {
    begin(id, fingerprint, runMs) {
      const known = fresh(running.get(id)) ?? fresh(kept.get(id))
      if (known !== undefined) return known
      running.set(id, { known: { fingerprint, reply: null }, until: now() + runMs })
      return null
    },
    finish(id, fingerprint, reply, keepMs) {
      running.delete(id)
      // What is larger than all may be would not be kept at all, and carried out again.
      const fits = ENTRY_COST + sizeOf(reply) <= maxBytes
      const known = { fingerprint, reply: fits ? reply : { status: reply.status, headers: {}, body: null } }
      kept.set(id, { known, until: now() + keepMs })
    },
    abandon(id) {
      running.delete(id)
    },
  }
}

function sizeOf({ headers, body }: KeptReply): Bytes {
  let size = body?.byteLength ?? 0
  for (const name in headers) size += name.length + String(headers[name]).length + 32
  return size
}
