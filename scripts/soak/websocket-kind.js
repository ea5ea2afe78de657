// WebSockets that talk and close in good order, and some that are abandoned.

import { WebSocket } from 'ws'
import { payload } from './payload.js'

const PATIENCE_MS = 15_000

/** @param {import('./small-kinds.js').Around} around */
export async function websocket({ target, chance, told }) {
  const id = target.id()
  const abandons = chance.happens(0.2)
  const texts = Array.from({ length: chance.whole(1, 30) }, (_, at) => message(`${id}-${at}`, chance.whole(0, 40_000)))
  const pool = chance.of(['http1', 'proxied', 'undici', 'http1'])
  told({ idempotent: false, from: Date.now(), ...(await talk(target, pool, id, texts, abandons)) })
}

const message = (id, size) => Buffer.concat([Buffer.from(id), ...payload(id, size)])

/** @returns {Promise<object>} what became of it */
function talk(target, pool, id, texts, abandons) {
  const socket = new WebSocket(`ws://127.0.0.1:${target.http1}/${pool}/ws?id=${id}`, { perMessageDeflate: false })
  return new Promise((resolve) => {
    let upstream = null
    let at = 0
    let denied = null
    let left = false
    let trouble = ''
    const patience = setTimeout(() => {
      trouble = 'hangs'
      socket.terminate()
    }, PATIENCE_MS)
    const next = () => {
      if (at === texts.length) return socket.close(1000)
      if (abandons && at > texts.length / 2) {
        left = true
        return socket.terminate()
      }
      socket.send(texts[at])
    }
    socket.on('upgrade', (reply) => {
      upstream = reply.headers['x-upstream']
    })
    socket.on('unexpected-response', (request, reply) => {
      denied = reply.statusCode
      request.destroy()
      socket.terminate()
    })
    socket.on('open', next)
    socket.on('message', (data) => {
      if (!data.equals(texts[at])) {
        trouble = 'wrong'
        return socket.terminate()
      }
      at++
      // Some take their time, so that drains and kills find them open.
      setTimeout(next, at % 5 === 0 ? 50 : 1)
    })
    socket.on('error', (error) => {
      trouble ||= error.message
    })
    socket.on('close', (code) => {
      clearTimeout(patience)
      resolve({ upstream, ...ended({ code, denied, left, trouble, upstream, done: at === texts.length }) })
    })
  })
}

function ended({ code, denied, left, trouble, upstream, done }) {
  if (trouble === 'wrong') return { what: 'wrong', why: 'websocket, another message' }
  if (left) return { what: 'left' }
  if (denied === 429 || denied === 503) return { what: 'denied' }
  if (upstream === null) return { what: 'unanswered', why: `websocket, ${denied ?? trouble}` }
  if (code === 1000 && done) return { what: 'whole' }
  if (code === 1001) return { what: 'let go' }
  return { what: 'broken', why: `websocket, closed with ${code} ${trouble}` }
}
