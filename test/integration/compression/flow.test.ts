import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { compress, decompress } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, pseudoRandom, rawOpen, sha256, upstream } from '../../support/index.js'
import { gatewayOver, transports } from '../front.js'

const MIB = 1 << 20
/** Of bytes in which gzip finds nothing to shrink, so that as much comes out as goes in. */
const LENGTH = 32 * MIB

describe.each(transports)('what flows through a coding over %s', (_name, make) => {
  it.each([
    { how: 'compressed', filter: compress(), accepted: 'gzip' },
    { how: 'decompressed', filter: decompress(), accepted: 'identity' },
  ])(
    'H-157 H-168 is held back where it is $how for a client that does not read yet',
    async ({ filter, accepted }) => {
      let sent = 0
      function* counted(): Generator<Buffer> {
        for (const block of pseudoRandom(LENGTH)) {
          sent += block.length
          yield block
        }
      }
      await using far = await upstream(async (_request, response) => {
        const source = Readable.from(counted(), { objectMode: false })
        const isPlain = accepted === 'gzip'
        response.writeHead(200, isPlain ? { 'content-type': 'text/css' } : { 'content-encoding': 'gzip' })
        const sending = isPlain ? pipeline(source, response) : pipeline(source, createGzip({ level: 1 }), response)
        await sending.catch(() => {})
      })
      await using front = await gatewayOver(make(), [far.url], { gateway: { filters: [filter] } })
      const request = http.get({
        host: '127.0.0.1',
        port: front.port,
        agent: false,
        headers: { 'accept-encoding': accepted },
      })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      let looked = -1
      let still = 0
      const stands = (): boolean => {
        still = sent === looked ? still + 1 : 0
        looked = sent
        return still === 5
      }
      await eventually(stands, { intervalMs: 40, timeoutMs: 10_000 })
      // What sockets hold on both ways, and little else.
      expect(sent).toBeLessThan(20 * MIB)
      const plain = accepted === 'gzip' ? response.pipe(createGunzip()) : response
      expect(await sha256(plain)).toBe(await sha256(pseudoRandom(LENGTH)))
    },
    60_000,
  )

  it('H-170 clients that read nothing hold as many encoders as there may be; others get their replies plain', async () => {
    await using far = await upstream((incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/css' })
      // What is compressed for them has no end, so that an encoder is theirs until they leave.
      if (incoming.url === '/held') response.write('a'.repeat(64 * 1024))
      else response.end('a'.repeat(64 * 1024))
    })
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters: [compress({ maxEncoders: 2 })] } })
    const ask = async (path: string) => {
      const client = await rawOpen(front.port)
      await client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n`)
      const head = await client.waitFor('\r\n\r\n')
      return { client, coding: /^content-encoding: (\w+)/im.exec(head)?.[1] }
    }
    const holders = [await ask('/held'), await ask('/held')]
    const other = await ask('/x')
    expect([...holders, other].map(({ coding }) => coding)).toEqual(['br', 'br', undefined])
    await other.client.waitFor('\r\n0\r\n\r\n')
    holders[0]!.client.reset()
    await eventually(async () => (await ask('/x')).coding === 'br')
    for (const { client } of [...holders, other]) client.destroy()
  })
})
