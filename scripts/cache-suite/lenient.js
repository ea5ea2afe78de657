// A transport that takes a reply whatever its Transfer-Encoding says, as no gateway should (H-105): with it, the suite tells what the
// cache alone does with the one case whose reply never reaches it otherwise.
import { request } from 'node:http'
import { reply } from '../../dist/index.js'

/** What ends at this hop, as far as the suite's origin sends it. */
const HOP = /^(?:connection|keep-alive|proxy-authenticate|proxy-authorization|te|trailer|transfer-encoding|upgrade)$/

/** @type {import('../../dist/index.js').Transport} */
export function lenient(exchange, attempt) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = attempt.endpoint
    const out = request({
      hostname,
      port,
      method: exchange.method,
      path: exchange.wire.href,
      headers: exchange.headers,
    })
    attempt.onAbort((reason) => out.destroy(reason))
    out.on('information', ({ statusCode, headers }) => attempt.inform(statusCode, headers))
    out.on('error', reject)
    out.on('response', (incoming) => {
      const nominated = (incoming.headers.connection ?? '').toLowerCase().split(/[\s,]+/)
      const headers = Object.entries(incoming.headersDistinct).flatMap(([name, lines]) =>
        HOP.test(name) || nominated.includes(name) ? [] : [[name, name === 'set-cookie' ? lines : lines.join(', ')]],
      )
      resolve(reply(incoming.statusCode, incoming, Object.fromEntries(headers)))
    })
    const { body } = exchange
    if (body.kind !== 'stream') return out.end(body.kind === 'bytes' ? body.bytes : undefined)
    body.attach({
      write(chunk) {
        out.write(chunk)
        return true
      },
      end: () => out.end(),
      fail: (error) => out.destroy(error),
    })
  })
}
