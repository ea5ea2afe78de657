import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { child } from '../../support/child.js'
import { upstream } from '../../support/index.js'
import { sourceLoader } from '../../support/source-loader.js'
import { MIB } from './kept.js'

const SIZE = 128 * MIB
const BLOCK = Buffer.alloc(MIB, 7)

/** A gateway in a process of its own, which tells of every collection; where `keeps` is set, somebody might keep its chunks. */
const app = (url: string, keeps: boolean): string => `
  import { createServer } from 'node:http'
  import { createGateway, forward, http1 } from 'edgewise'
  import { toNode } from 'edgewise/node'
  const handler = forward(${JSON.stringify(url)}, { transport: http1() })
  const listener = toNode(createGateway({ routes: [{ path: '/**', handler }] }))
  const server = createServer((req, res) => {
    if (${keeps}) {
      const { emit } = req
      const { write } = res
      req.emit = (...rest) => emit.apply(req, rest)
      res.write = (...rest) => write.apply(res, rest)
    }
    listener(req, res)
  })
  server.listen(0, '127.0.0.1', () => console.log('READY ' + server.address().port))
`

/** How often V8 marked all of the heap while so much went up, and as much came down. */
async function marks(url: string, keeps: boolean): Promise<number> {
  await using gateway = await child({ code: app(url, keeps) }, { imports: [sourceLoader], execArgv: ['--trace-gc'] })
  const before = gateway.stdout.length
  const received = await new Promise((resolve, reject) => {
    const headers = { 'content-length': SIZE }
    const sending = httpRequest({ port: gateway.port, agent: false, method: 'PUT', headers }, (response) => {
      let size = 0
      response.on('data', (chunk: Buffer) => (size += chunk.length)).on('end', () => resolve(size))
    })
    sending.on('error', reject)
    writeAll(sending).catch(reject)
  })
  expect(received).toBe(SIZE)
  await gateway.healthy()
  return gateway.stdout.slice(before).match(/Mark-Compact/g)?.length ?? 0
}

async function writeAll(to: Writable): Promise<void> {
  for (let sent = 0; sent < SIZE; sent += BLOCK.length) if (!to.write(BLOCK)) await once(to, 'drain')
  to.end()
}

describe('a gateway that relays fast', () => {
  it('does not make V8 mark its heap again and again', async () => {
    await using far = await upstream(async (request, response) => {
      let received = 0
      for await (const chunk of request) received += (chunk as Buffer).length
      expect(received).toBe(SIZE)
      await writeAll(response)
    })
    const [given, held] = [await marks(far.url, false), await marks(far.url, true)]
    // Measured for 512 MiB each way: none, and ten or eleven. On Node 22, V8 lets much more gather.
    expect(given).toBeLessThan(2)
    if (Number(process.versions.node.split('.')[0]) >= 24) expect(held).toBeGreaterThan(Math.max(1, given * 3))
  })
})
