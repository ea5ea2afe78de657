// What takes its time: large bodies, slow clients, streams of events, and clients that leave.

import { setTimeout as delay } from 'node:timers/promises'
import { payload } from './payload.js'
import { fetched, sent } from './small-kinds.js'

const MEBIBYTE = 1024 * 1024
const POOLS = ['http1', 'http1', 'proxied', 'undici', 'http2']

async function* slowly(id, size) {
  for (const piece of payload(id, size, 16 * 1024)) {
    yield piece
    await delay(10)
  }
}

async function events({ target, chance, told }, how = {}) {
  const id = target.id()
  const count = chance.whole(5, 40)
  const wanted = Array.from({ length: count }, (_, at) => `id: ${at}\ndata: ${id}\n\n`).join('')
  const path = `/${chance.of(POOLS)}/events?id=${id}&count=${count}&gap=${chance.whole(5, 40)}`
  told(await target.exchange(path, { id, text: true, isRight: (_hash, _bytes, text) => text === wanted, ...how }))
}

/** @type {Record<string, (around: import('./small-kinds.js').Around) => Promise<void>>} */
export const bulkKinds = {
  download: (around) => fetched(around, around.chance.of(POOLS), 6 * MEBIBYTE),
  'download, slow reader': (around) =>
    fetched(around, around.chance.of(POOLS), MEBIBYTE, { readPauseMs: around.chance.whole(5, 25) }),
  upload: (around) =>
    sent(around, around.chance.of(POOLS), 'POST', 6 * MEBIBYTE, { length: around.chance.happens(0.5) }),
  'upload, slow sender': (around) => sent(around, around.chance.of(POOLS), 'POST', MEBIBYTE, { pieces: slowly }),
  'server-sent events': (around) => events(around),
  async 'client leaves'(around) {
    const how = { leaveAfterMs: around.chance.whole(0, 60) }
    const pool = around.chance.of(POOLS)
    const leaver = around.chance.of([
      () => fetched(around, pool, 6 * MEBIBYTE, how),
      () => fetched(around, pool, 100, { query: '&late=60', ...how }),
      () =>
        fetched(around, 'text', MEBIBYTE, {
          query: '&type=text/plain',
          headers: { 'accept-encoding': 'gzip' },
          ...how,
        }),
      () => sent(around, pool, 'POST', 6 * MEBIBYTE, how),
      () => sent(around, pool, 'POST', MEBIBYTE, { pieces: slowly, ...how }),
      () => events(around, how),
    ])
    for (let times = 0; times < 5; times++) await leaver()
  },
}
