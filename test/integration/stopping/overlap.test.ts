import { expect, it } from 'vitest'
import { overlap } from './overlap.js'

it('H-113 an old process leaves its port to a new one with 2,000 requests in flight and 200 WebSockets: none is lost, none refused, and it exits by itself', async () => {
  const seen = await overlap({ how: 'cluster', requests: 2_000, sockets: 200 })
  const { talks, fresh, kept, exitMs, report } = seen
  expect(seen).toMatchObject({ answered: 2_000, heardAll: true, exit: { code: 0, signal: null } })
  // The last frame of each is the close frame, whole, and every message before it is.
  expect(talks.filter(({ closeCode, torn, sound }) => closeCode === 1001 && torn === 0 && sound)).toHaveLength(200)
  expect([Object.keys(fresh), Object.keys(kept)]).toEqual([['200'], ['200']])
  expect(seen.byOld).toBeGreaterThan(0)
  expect(report).toMatchObject({ reason: 'SIGTERM', tunnels: 200, cut: 0 })
  console.log(`exit ${exitMs} ms after SIGTERM, new requests meanwhile: ${fresh['200']! + kept['200']!}`)
}, 90_000)
