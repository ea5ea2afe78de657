import { compress } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { drained, eventually, flat, rawOpen, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { gatewayOver, transports } from '../front.js'

const PAGE = Buffer.from('<li class="item">an item of a list that shrinks well</li>\n'.repeat(400))
const CODINGS = ['zstd', 'br', 'gzip', 'deflate']
/** The hazard asks for 10,000, which `COMPRESSION_ABORTS=10000` runs; where encoders stay, 2,000 have taken a gigabyte. */
const ABORTS = Number(process.env['COMPRESSION_ABORTS'] ?? 2_000)

describe.each(transports)('what aborted compressions leave behind over %s', (_name, make) => {
  it('H-168 thousands of clients that leave in the middle leave memory flat, and nothing open', async () => {
    await using far = await upstream(
      (request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' })
        response.write(PAGE)
        if (request.url === '/whole') response.end()
      },
      { record: false },
    )
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters: [compress()] }, record: false })
    await ask(front.port, '/whole', { headers: { 'accept-encoding': 'gzip' } })
    const gone = drained({ timeoutMs: 10_000 })
    let started = 0
    let encoded = 0
    const leave = async (): Promise<void> => {
      while (started < ABORTS) {
        const coding = CODINGS[started++ % CODINGS.length]
        await using client = await rawOpen(front.port, { keep: 2_000 })
        await client.write(`GET /x HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\n\r\n`)
        if ((await client.waitFor('\r\n\r\n')).includes(`content-encoding: ${coding}`)) encoded++
        client.reset()
      }
    }
    await flat(() => Promise.all(Array.from({ length: 32 }, leave)), { limit: 16 << 20, intervalMs: 500 })
    expect(encoded).toBe(ABORTS)
    await front.atRest()
    await eventually(() => far.connections <= 1)
    await gone()
  }, 120_000)
})
