import { StreamBody } from '../body.js'
import type { HeaderMap } from '../http/header-map.js'
import { discard, type Reply } from '../reply.js'
import { readTrailers } from './trailers.js'
import type { Attempt, Transport } from './transport.js'

/** Carries an attempt to an endpoint that is a handler in this process. One that pays no heed to its signal is not waited for. */
export const localTransport: Transport = (exchange, attempt) => {
  const { endpoint, progress } = attempt
  progress.phase = 'sent-head'
  progress.times.connectedAt = performance.now()
  return new Promise((resolve, reject) => {
    let over = false
    attempt.onAbort((reason) => {
      over = true
      reject(reason)
    })
    endpoint.handler!(exchange).then((reply) => {
      if (over) return discard(reply)
      progress.phase = 'replying'
      progress.times.firstByteAt = performance.now()
      resolve(bound(reply, attempt))
    }, reject)
  })
}

/** A handler's reply, held to what an upstream's is: an abort breaks its body off and lets go of what is behind it. */
function bound(reply: Reply, attempt: Attempt): Reply {
  const { body, trailers } = reply
  const limited = trailers && ((): HeaderMap => readTrailers(trailers()))
  if (body.kind !== 'stream') return { ...reply, trailers: limited }
  const relayed = new StreamBody(
    {
      open: () =>
        body.attach({
          write: (chunk) => relayed.push(chunk),
          end: () => relayed.end(),
          fail: (error) => relayed.fail(error),
        }),
      pause: () => {},
      resume: () => body.resume(),
      cancel: (reason) => body.cancel(reason),
    },
    body.length,
  )
  attempt.onAbort((reason) => {
    relayed.fail(reason)
    body.cancel(reason)
  })
  return { ...reply, body: relayed, trailers: limited }
}
