import type { HeaderMap } from '../../http/header-map.js'
import type { Bytes } from '../../options.js'
import type { CacheEntry } from './store.js'

/** What an entry takes beside its content, buffer record included: with a slot of its own 1.3 KiB on Node 24, reckoned as 1.6. */
const ENTRY_COST = 1_280
/** A string's head and its place in a map. */
const FIELD_COST = 48
/** A tag's place in the entry and in the index, when no other entry has it. */
const TAG_COST = 320

/** About what an entry takes in memory: not its body alone, since a thousand small ones with long headers are no small thing (H-182). */
export function entrySize(entry: CacheEntry): Bytes {
  let size = ENTRY_COST + entry.body.byteLength + entry.variant.length
  size += fieldsSize(entry.headers) + fieldsSize(entry.selecting)
  for (const name of entry.vary) size += FIELD_COST + name.length
  for (const tag of entry.tags) size += TAG_COST + tag.length
  return size
}

function fieldsSize(fields: HeaderMap): Bytes {
  let size = 0
  for (const name in fields) {
    const value = fields[name]
    size += FIELD_COST + name.length
    if (typeof value === 'string') size += value.length
    else for (const line of value ?? []) size += FIELD_COST + line.length
  }
  return size
}
