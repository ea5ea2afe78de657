import { bytesBody, emptyBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import {
  changeHeaders,
  emptyHeaders,
  type HeaderMap,
  type MutableHeaderMap,
  shareHeaders,
} from '../../http/header-map.js'
import { emptyReply, type Reply } from '../../reply.js'
import type { Forwarded, StatusWriter } from './cache-status.js'
import type { Facts } from './facts.js'
import { type ByteRange, isRangeWanted, parseRange, rangeWithin } from './policy/ranges.js'
import { ageOf } from './policy/reusing.js'
import { isNotModified } from './policy/validating.js'

/** What a 304 carries (RFC 9110 §15.4.5), and what tells caches farther on. */
const OF_304 = 'cache-control cdn-cache-control content-location date etag expires vary age cache-status'.split(' ')

/** Makes replies of what is stored. They are values: what many share is frozen. */
export class Servery {
  readonly #status: StatusWriter | null

  constructor(status: StatusWriter | null) {
    this.#status = status
  }

  /** A stored reply that answers without asking anybody. */
  hit({ method, headers }: Exchange, facts: Facts, now: number): Reply {
    const second = Math.floor(ageOf(facts, now) / 1000)
    let known = facts.hit
    if (known?.second !== second) {
      const fields = this.#fields(facts, second, null)
      known = { second, reply: { status: facts.entry.status, headers: shareHeaders(fields), body: facts.body } }
      facts.hit = known
    }
    return asked(method, headers, known.reply, facts)
  }

  /** A stored reply that answers after the upstream has been asked. */
  after({ method, headers }: Exchange, facts: Facts, now: number, forwarded: Forwarded): Reply {
    const fields = this.#fields(facts, Math.floor(ageOf(facts, now) / 1000), forwarded)
    return asked(method, headers, { status: facts.entry.status, headers: fields, body: facts.body }, facts)
  }

  /** An upstream's reply, told what the cache did about it. */
  passed(reply: Reply, shown: HeaderMap, forwarded: Forwarded): Reply {
    if (this.#status === null) return shown === reply.headers ? reply : { ...reply, headers: shown }
    const headers = changeHeaders(shown, { 'cache-status': this.#status.forwarded(shown, forwarded) })
    return { ...reply, headers }
  }

  #fields({ entry, lifetime }: Facts, second: number, forwarded: Forwarded | null): MutableHeaderMap {
    const fields = changeHeaders(entry.headers, { age: String(second) })
    if (this.#status !== null)
      fields['cache-status'] =
        forwarded === null
          ? this.#status.hit(entry.headers, Math.floor(lifetime / 1000) - second)
          : this.#status.forwarded(entry.headers, forwarded)
    return fields
  }
}

/** A whole stored reply, as the client's conditions and Range want it. */
function asked(method: string, wanted: HeaderMap, whole: Reply, facts: Facts): Reply {
  const { entry } = facts
  const conditional = wanted['if-none-match'] !== undefined || wanted['if-modified-since'] !== undefined
  if (conditional && entry.status === 200 && isNotModified(wanted, entry.headers, entry.receivedAt))
    return notModified(whole.headers)
  const field = wanted['range'] as string | undefined
  if (field === undefined || method !== 'GET' || !isRangeWanted(wanted, entry.headers)) return whole
  const { part, body } = entry
  if (part !== null) return slice(whole, body, rangeWithin(field, part)!, part.first, part.total)
  if (entry.status !== 200) return whole
  const range = parseRange(field, body.byteLength)
  if (range === null) return whole
  return range === 'unsatisfiable'
    ? unsatisfiable(whole.headers, body.byteLength)
    : slice(whole, body, range, 0, body.byteLength)
}

/** Tells a client that its copy is still good. */
export function notModified(headers: HeaderMap): Reply {
  const fields = emptyHeaders()
  for (const name of OF_304) if (headers[name] !== undefined) fields[name] = headers[name]
  return emptyReply(304, fields)
}

function unsatisfiable(headers: HeaderMap, total: number): Reply {
  const fields = emptyHeaders()
  for (const name of ['date', 'etag', 'cache-status']) if (headers[name] !== undefined) fields[name] = headers[name]
  fields['content-range'] = `bytes */${total}`
  return emptyReply(416, fields)
}

/** @param offset Of the stored bytes, in the whole content. */
function slice(
  whole: Reply,
  bytes: Uint8Array,
  { first, last }: ByteRange,
  offset: number,
  total: number | null,
): Reply {
  const body = bytesBody(Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset + first - offset, last - first + 1))
  const headers = changeHeaders(whole.headers, {
    'content-range': `bytes ${first}-${last}/${total ?? '*'}`,
    'content-length': String(body.length),
  })
  return { status: 206, headers, body: body.length === 0 ? emptyBody : body }
}
