// Clients that speak HTTP/2, several requests at a time on one connection.

import { createHash } from 'node:crypto'
import { connect } from 'node:http2'
import { fingerprint, payload } from './payload.js'

const PATIENCE_MS = 15_000
/** @type {WeakMap<import('./target.js').Target, import('node:http2').ClientHttp2Session>} */
const sessions = new WeakMap()

function sessionTo(target) {
  const kept = sessions.get(target)
  if (kept !== undefined && !kept.closed && !kept.destroyed) return kept
  const session = connect(`http://127.0.0.1:${target.http2}`)
  session.on('error', () => {})
  sessions.set(target, session)
  target.held.add(session)
  session.on('close', () => target.held.delete(session))
  return session
}

/** @returns {Promise<object>} what became of it */
function exchange(session, headers, body, { idempotent, id, isRight }) {
  return new Promise((resolve) => {
    const seen = { idempotent, from: Date.now(), upstream: null }
    const stream = session.request(headers, { endStream: body === null })
    const hash = createHash('sha1')
    let head = null
    let text = ''
    let ended = false
    stream.setTimeout(PATIENCE_MS, () => stream.close())
    stream.on('response', (fields) => {
      head = fields
      seen.upstream = fields['x-upstream'] ?? null
    })
    stream.on('data', (chunk) => {
      hash.update(chunk)
      if (text.length < 100) text += chunk.toString('latin1')
    })
    stream.on('end', () => {
      ended = true
    })
    stream.on('error', () => {})
    stream.on('close', () => {
      const done = (what, why) => resolve({ ...seen, what, why: `http/2, ${why}` })
      const status = head?.[':status']
      if (status === 429 || status === 503) return done('denied')
      if (status !== 200) return done('unanswered', `${status}, reset ${stream.rstCode} ${text}`)
      if (head['x-id'] !== id) return done('wrong', `has the reply of ${head['x-id']}`)
      if (stream.rstCode !== 0 || !ended) return done('broken', `reset ${stream.rstCode}`)
      done(isRight(hash.digest('hex'), text) ? 'whole' : 'wrong', 'other bytes')
    })
    if (body !== null) {
      for (const piece of body) stream.write(piece)
      stream.end()
    }
  })
}

/** @param {import('./small-kinds.js').Around} around */
async function gets({ target, chance, told }) {
  const session = sessionTo(target)
  const one = async () => {
    const id = target.id()
    const size = chance.whole(0, 100_000)
    const path = `/${chance.of(['http1', 'proxied', 'undici', 'http2'])}/get?id=${id}&size=${size}`
    const isRight = (hash) => hash === fingerprint(id, size)
    told(await exchange(session, { ':path': path }, null, { idempotent: true, id, isRight }))
  }
  await Promise.all(Array.from({ length: chance.whole(1, 6) }, one))
}

/** @param {import('./small-kinds.js').Around} around */
async function post({ target, chance, told }) {
  const id = target.id()
  const size = chance.whole(1, 200_000)
  const path = `/${chance.of(['http1', 'proxied', 'undici', 'http2'])}/put?id=${id}`
  const isRight = (_hash, text) => text === fingerprint(id, size)
  const headers = { ':method': 'POST', ':path': path }
  told(await exchange(sessionTo(target), headers, payload(id, size), { idempotent: false, id, isRight }))
}

export const http2Kinds = { 'http/2 get': gets, 'http/2 post': post }
