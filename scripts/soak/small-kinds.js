// Requests that are small: most of the traffic.

import { fingerprint, payload } from './payload.js'

const POOLS = ['http1', 'http1', 'http1', 'proxied', 'undici', 'http2']
const CODINGS = ['gzip', 'br', 'zstd', 'gzip, br', 'identity']
const CACHE_KEYS = 40

/** @typedef {{ target: import('./target.js').Target, chance: import('./chance.js').Chance, told: (outcome: object) => void }} Around */

/** A GET on any path to `get`, its body of up to `most` bytes. */
export async function fetched({ target, chance, told }, prefix, most, { query = '', ...how } = {}) {
  const id = target.id()
  const size = chance.whole(0, most)
  const framing = chance.of(['length', 'chunked'])
  const path = `/${prefix}/get?id=${id}&size=${size}&framing=${framing}${query}`
  const isRight = (hash) => hash === fingerprint(id, size)
  told(await target.exchange(path, { id, isRight, ...how }))
}

/** A body sent to `put`, which tells what it got. */
export async function sent({ target, chance, told }, prefix, method, most, { pieces, length = true, ...how } = {}) {
  const id = target.id()
  const size = chance.whole(1, most)
  told(
    await target.exchange(`/${prefix}/put?id=${id}`, {
      id,
      method,
      headers: length ? { 'content-length': String(size) } : {},
      body: pieces?.(id, size) ?? payload(id, size),
      idempotent: method === 'PUT',
      text: true,
      isRight: (_hash, _bytes, text) => text === fingerprint(id, size),
      ...how,
    }),
  )
}

/** @type {Record<string, (around: Around) => Promise<void>>} */
export const smallKinds = {
  get: (around) => fetched(around, around.chance.of(POOLS), 8_000),
  'get, slow upstream': (around) => fetched(around, around.chance.of(POOLS), 500, { query: '&late=60' }),
  'get, connection of its own': (around) => fetched(around, around.chance.of(POOLS), 8_000, { keepAlive: false }),
  'get, traced': (around) => fetched(around, 'traced', 500),
  'get, limited': (around) => fetched(around, 'limited', 500),
  'get, compressed': (around) =>
    fetched(around, 'text', 20_000, {
      query: '&type=text/plain',
      headers: { 'accept-encoding': around.chance.of(CODINGS) },
    }),
  async 'get, cached'({ target, chance, told }) {
    const key = `k${chance.whole(1, CACHE_KEYS)}`
    const size = key.length * 1_000
    const path = `/cached/cached?key=${key}&size=${size}&age=${chance.of([1, 5])}`
    told(await target.exchange(path, { id: null, isRight: (hash) => hash === fingerprint(key, size) }))
  },
  async head({ target, chance, told }) {
    const id = target.id()
    const isRight = (_hash, bytes) => bytes === 0
    told(await target.exchange(`/${chance.of(POOLS)}/get?id=${id}&size=500`, { id, method: 'HEAD', isRight }))
  },
  post: (around) => sent(around, around.chance.of(POOLS), 'POST', 4_000),
  put: (around) => sent(around, around.chance.of(POOLS), 'PUT', 30_000, { length: around.chance.happens(0.5) }),
  async metrics({ target, told }) {
    const isRight = (_hash, _bytes, text) => text.includes('edgewise_requests_total')
    told(await target.exchange('/metrics', { id: null, text: true, isRight }))
  },
}
