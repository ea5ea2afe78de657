// Two requests in one write, on a raw connection: their replies must come whole and in their order.

import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { fingerprint } from './payload.js'

const PATIENCE_MS = 10_000

/** @param {import('./small-kinds.js').Around} around */
export async function pipelined({ target, chance, told }) {
  const pool = chance.of(['http1', 'proxied', 'undici', 'http2'])
  const pair = [target.id(), target.id()].map((id) => ({ id, size: chance.whole(0, 2_000) }))
  const from = Date.now()
  const heads = pair.map(
    ({ id, size }) => `GET /${pool}/get?id=${id}&size=${size}&framing=length HTTP/1.1\r\nHost: soak\r\n\r\n`,
  )
  const bytes = await talk(target.http1, heads.join(''), pair.length)
  let at = 0
  let behindBroken = false
  for (const { id, size } of pair) {
    const reply = replyAt(bytes, at)
    at = reply.end
    const outcome = { idempotent: true, from, upstream: reply.upstream, ...judged(reply, id, size) }
    // Where the first breaks off, the second can have no answer: the connection is what breaks it visibly.
    if (behindBroken) told({ ...outcome, what: 'left' })
    else told(outcome)
    behindBroken ||= outcome.what === 'broken'
  }
}

function judged({ status, id: got, body, whole }, id, size) {
  if (status === null) return { what: 'unanswered', why: 'pipelined, no head' }
  if (status === 429 || status === 503) return { what: 'denied' }
  if (status !== 200) return { what: 'unanswered', why: `pipelined, ${status}` }
  if (got !== id) return { what: 'wrong', why: `pipelined, has the reply of ${got}` }
  if (!whole) return { what: 'broken', why: 'pipelined' }
  if (createHash('sha1').update(body).digest('hex') !== fingerprint(id, size))
    return { what: 'wrong', why: 'pipelined' }
  return { what: 'whole' }
}

/** The reply that begins at `from`, as far as it came; all of them have a Content-Length. */
function replyAt(bytes, from) {
  const text = bytes.toString('latin1', from)
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return { status: null, end: bytes.length, upstream: null }
  const head = text.slice(0, headEnd)
  const field = (name) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1] ?? null
  const bodyAt = from + headEnd + 4
  const end = bodyAt + Number(field('content-length'))
  return {
    status: Number(head.slice(9, 12)),
    id: field('x-id'),
    upstream: field('x-upstream'),
    body: bytes.subarray(bodyAt, end),
    whole: bytes.length >= end,
    end,
  }
}

/** Sends, and gives what came until `count` replies are there, the other side ends, or it takes too long. */
function talk(port, text, count) {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      let at = 0
      for (let nth = 0; nth < count; nth++) {
        const reply = replyAt(bytes, at)
        if (!reply.whole) return
        at = reply.end
      }
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.destroy())
    socket.on('close', () => resolve(bytes))
  })
}
