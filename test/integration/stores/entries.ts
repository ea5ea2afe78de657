import type { CacheEntry } from 'edgewise'
import { toHeaders } from 'edgewise'

/** An entry as a cache would store it. */
export function entryOf(change: Partial<CacheEntry> = {}): CacheEntry {
  return {
    variant: '',
    vary: [],
    selecting: toHeaders(),
    status: 200,
    headers: toHeaders({ 'content-type': 'text/plain', 'cache-control': 'max-age=60' }),
    body: new Uint8Array(Buffer.from('hello')),
    part: null,
    requestedAt: 1_700_000_000_000,
    receivedAt: 1_700_000_000_025,
    tags: [],
    ...change,
  }
}

/** What a test compares: the same whether the body is a Buffer or an array, and whatever prototype the maps have. */
export function plain(entry: CacheEntry): unknown {
  return {
    ...entry,
    headers: Object.entries(entry.headers),
    selecting: Object.entries(entry.selecting),
    body: Buffer.from(entry.body).toString('latin1'),
  }
}

export const variantsOf = (entries: readonly CacheEntry[]): string[] => entries.map(({ variant }) => variant).toSorted()
