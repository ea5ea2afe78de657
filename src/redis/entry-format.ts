import { validateHeaderName, validateHeaderValue } from 'node:http'
import { crc32 } from 'node:zlib'
import type { CacheEntry } from '../filters/cache/store.js'
import { type MutableHeaderMap, toHeaders } from '../http/header-map.js'

/*
 * A stored entry:  "EW" | version (1) | CRC-32 of all that follows (4) | length of the head (4) | head, JSON in UTF-8 | body
 *
 * The body stays as it is, since most of what a cache holds is compressed. The sum is there because damage that leaves JSON in order
 * would be served; a version that is not known is somebody's newer or older release on the same Redis. Both are misses (H-188).
 */
const MAGIC = Buffer.from('EW')
const VERSION = 1
const SUM_AT = 3
const SUMMED = 7
const HEAD = 11

/** The entry's members, by short names, and until when it may be used. */
interface Head {
  readonly v: string
  readonly y: readonly string[]
  readonly f: Readonly<Record<string, string | string[]>>
  readonly s: number
  readonly h: Readonly<Record<string, string | string[]>>
  readonly p: CacheEntry['part']
  readonly q: number
  readonly r: number
  readonly t: readonly string[]
  readonly u: number
}

/** @param until Milliseconds since 1970. */
export function encodeEntry(entry: CacheEntry, until: number): Buffer {
  const head: Head = {
    v: entry.variant,
    y: entry.vary,
    f: entry.selecting as Head['f'],
    s: entry.status,
    h: entry.headers as Head['h'],
    p: entry.part,
    q: entry.requestedAt,
    r: entry.receivedAt,
    t: entry.tags,
    u: until,
  }
  const json = Buffer.from(JSON.stringify(head))
  const start = Buffer.alloc(HEAD)
  MAGIC.copy(start)
  start[MAGIC.length] = VERSION
  start.writeUInt32BE(json.length, SUMMED)
  const blob = Buffer.concat([start, json, entry.body])
  blob.writeUInt32BE(crc32(blob.subarray(SUMMED)), SUM_AT)
  return blob
}

/** The entry of a blob; `undefined` for one that is damaged, of another version, past its time at `now`, or no entry at all. */
export function decodeEntry(blob: unknown, now: number): CacheEntry | undefined {
  if (!Buffer.isBuffer(blob) || blob.length < HEAD) return undefined
  if (!blob.subarray(0, MAGIC.length).equals(MAGIC) || blob[MAGIC.length] !== VERSION) return undefined
  if (blob.readUInt32BE(SUM_AT) !== crc32(blob.subarray(SUMMED))) return undefined
  const bodyAt = HEAD + blob.readUInt32BE(SUMMED)
  if (bodyAt > blob.length) return undefined
  let head: Head
  try {
    head = JSON.parse(blob.toString('utf8', HEAD, bodyAt)) as Head
  } catch {
    return undefined
  }
  if (!isHead(head) || head.u <= now) return undefined
  return {
    variant: head.v,
    vary: head.y,
    selecting: toMap(head.f),
    status: head.s,
    headers: toMap(head.h),
    // A copy: the blob is a slice of what the connection read (H-182).
    body: new Uint8Array(blob.subarray(bodyAt)),
    part: head.p,
    requestedAt: head.q,
    receivedAt: head.r,
    tags: head.t,
  }
}

/** Names are stored in lower case already; `__proto__` among them is a name like any other in a map without a prototype. */
function toMap(fields: Head['h']): MutableHeaderMap {
  return toHeaders(fields)
}

/** Whether it can be served as a reply: written by another program, it could sum up right and be anything. */
function isHead(head: unknown): head is Head {
  if (!isRecord(head)) return false
  const { v, y, f, s, h, p, q, r, t, u } = head
  return (
    typeof v === 'string' &&
    isTexts(y) &&
    isTexts(t) &&
    isFields(f) &&
    isFields(h) &&
    isSendable(h as Head['h']) &&
    Number.isInteger(s) &&
    (s as number) >= 200 &&
    (s as number) <= 599 &&
    [q, r, u].every((number) => Number.isFinite(number)) &&
    (p === null || isPart(p))
  )
}

function isPart(part: unknown): boolean {
  if (!isRecord(part)) return false
  const [first, last, total] = [part['first'], part['last'], part['total'] ?? Number.MAX_SAFE_INTEGER] as number[]
  return (
    [first, last, total].every((number) => Number.isSafeInteger(number)) &&
    0 <= first! &&
    first! <= last! &&
    last! < total!
  )
}

/** A field that no reply may have would make a 500 of every hit. */
function isSendable(fields: Head['h']): boolean {
  try {
    for (const name in fields) {
      validateHeaderName(name)
      for (const value of [fields[name]!].flat()) validateHeaderValue(name, value)
    }
    return true
  } catch {
    return false
  }
}

function isFields(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'string' || isTexts(each))
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
