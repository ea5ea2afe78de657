import { createServer as createTlsServer, get as httpsGet } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable, Transform } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import compression from 'compression'
import {
  type Body,
  cache,
  createGateway,
  createPool,
  type Filter,
  forward,
  fromReadable,
  readable,
  recorded,
  reply,
  tee,
  through,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { certificates, h2Client, pseudoRandom, rawOpen, sha256 } from '../../support/index.js'
import { type GatewayOverOptions, gatewayOver, steady } from '../../transports/gateway-over.js'
import { http2Front } from '../http2/front.js'
import { download, downloadSlowly, Kept, MIB, over, sends, sumOf, watchChunks } from './kept.js'

const SIZE = 2 * MIB

describe('the memory of a reply', () => {
  it.each([
    ['with a length', false, undefined],
    ['chunked', true, undefined],
    ['from a TLS upstream', false, certificates()],
  ])(
    'is given back as it leaves, and every byte arrives, at fits and starts too: 16 MiB %s',
    async (_, chunked, tls) => {
      await using gateway = await over(sends(16 * MIB, chunked), {}, tls)
      using watched = watchChunks()
      expect(await downloadSlowly(gateway.port, 16 * MIB)).toBe(await sumOf(16 * MIB))
      expect(await download(gateway.port)).toBe(await sumOf(16 * MIB))
      // TLS hands on so little at a time that a client seldom has no room for it, which is when memory is given back.
      if (tls === undefined) expect(watched.released / watched.large).toBeGreaterThan(0.5)
    },
  )

  it('comes in larger pieces than usual, but in none beyond bounds, to a client that keeps up', async () => {
    await using gateway = await over(sends(16 * MIB))
    using watched = watchChunks()
    expect(await download(gateway.port)).toBe(await sumOf(16 * MIB))
    expect(watched.largest).toBeGreaterThan(64 * 1024)
    expect(watched.largest).toBeLessThanOrEqual(512 * 1024)
  })

  it.each([16_384, 20_000, 32_767])(
    'is no other chunk’s, though Node shares memory out to pieces of %d bytes',
    async (size) => {
      await using gateway = await over(async (_request, response) => {
        for (let nth = 0; nth < 20; nth += 1) {
          response.write(Buffer.alloc(size, nth))
          await delay(1)
        }
        response.end()
      })
      using watched = watchChunks()
      await download(gateway.port)
      expect(watched.large).toBeGreaterThan(0)
      expect(watched.memories).toBe(watched.large)
    },
  )

  it('is given back to clients of TLS, too', async () => {
    await using far = await over(sends(16 * MIB))
    await using pool = createPool({ name: 'far', endpoints: [far.url] })
    const listener = toNode(createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }] }))
    const server = createTlsServer(certificates(), listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    using watched = watchChunks()
    const { port } = server.address() as AddressInfo
    const sum = await new Promise((resolve, reject) =>
      httpsGet({ port, agent: false, rejectUnauthorized: false }, (res) => void sha256(res).then(resolve, reject)),
    )
    expect(sum).toBe(await sumOf(16 * MIB))
    expect(watched.released).toBeGreaterThan(0)
    server.close()
    await listener.close()
  })
})

describe('nobody sees an empty chunk of a reply', () => {
  let kept = new Kept()
  type Write = (chunk: Uint8Array, ...rest: unknown[]) => boolean
  /** Puts something in the place of what writes a response, as compressing and recording middlewares do. */
  const inPlaceOfWrite = (make: (write: Write, restore: () => void) => Write): GatewayOverOptions => ({
    before: (_req, res) => {
      const write = res.write.bind(res) as Write
      res.write = make(write, () => Reflect.deleteProperty(res, 'write')) as never
    },
  })
  const changing = (change: (body: Body) => Body | Promise<Body>): GatewayOverOptions => {
    const filter: Filter = async (exchange, next) => {
      const answer = await next(exchange)
      return { ...answer, body: await change(answer.body) }
    }
    return { filters: [filter] }
  }
  const keeps = (chunk: Uint8Array): true => {
    kept.keep(chunk)
    return true
  }
  const keeping = (): Transform =>
    new Transform({
      transform: (chunk, _encoding, done) => {
        kept.keep(chunk)
        done(null, chunk)
      },
    })

  it.each<[string, GatewayOverOptions]>([
    [
      'middleware that keeps what is written',
      inPlaceOfWrite(
        (write) =>
          (chunk, ...rest) =>
            keeps(chunk) && write(chunk, ...rest),
      ),
    ],
    [
      'middleware that keeps one chunk and is gone',
      inPlaceOfWrite((write, restore) => (chunk, ...rest) => {
        restore()
        return keeps(chunk) && write(chunk, ...rest)
      }),
    ],
    [
      'middleware that writes it all at the end',
      {
        before: (_req, res) => {
          const end = res.end.bind(res) as (bytes: Buffer) => typeof res
          res.write = keeps as never
          res.end = (() => end(Buffer.concat(kept.chunks))) as never
        },
      },
    ],
    [
      'a tee',
      changing((body) => {
        const [main, side] = tee(body, { limit: 2 * SIZE })
        if (side.kind === 'stream') side.attach({ write: keeps, end() {}, fail() {} })
        return main
      }),
    ],
    ['a transform that hands them on', changing((body) => through(body, keeping()))],
    ['a Readable', changing((body) => fromReadable(readable(body).pipe(keeping())))],
    ['a recording that was too long', changing(async (body) => through(await recorded(body, MIB), keeping()))],
  ])('%s', async (_, options) => {
    kept = new Kept()
    await using gateway = await over(sends(SIZE, true), options)
    expect(await downloadSlowly(gateway.port, SIZE)).toBe(await sumOf(SIZE))
    expect(kept.size).toBeGreaterThan(0)
    expect(kept.intact).toBe(true)
  })

  it('compression() in front of the adapter', async () => {
    const before: GatewayOverOptions['before'] = (req, res) => compression()(req as never, res as never, () => {})
    const text = 'the same words again and again, '.repeat(100_000)
    await using gateway = await over(
      (_request, response) => void response.setHeader('content-type', 'text/plain').end(text),
      {
        before,
      },
    )
    const sum = await download(gateway.port, { headers: { 'accept-encoding': 'gzip' } }, async (response) => {
      expect(response.headers['content-encoding']).toBe('gzip')
      return await sha256(response.pipe(createGunzip()))
    })
    expect(sum).toBe(await sha256(Buffer.from(text)))
  })

  it('the cache, which serves what it kept', async () => {
    const fresh = (response: { setHeader(name: string, value: string): unknown }) =>
      response.setHeader('cache-control', 'max-age=60')
    await using gateway = await over(
      (request, response) => {
        fresh(response)
        return sends(SIZE)(request, response)
      },
      { filters: [cache({ maxEntryBytes: 2 * SIZE })] },
    )
    expect(await downloadSlowly(gateway.port, SIZE)).toBe(await sumOf(SIZE))
    expect(await downloadSlowly(gateway.port, SIZE)).toBe(await sumOf(SIZE))
    expect(await download(gateway.port)).toBe(await sumOf(SIZE))
  })

  it('clients of HTTP/2, several at once', async () => {
    await using far = await over(sends(SIZE))
    await using front = await http2Front(far.url)
    await using client = h2Client(front.port)
    const sums = await Promise.all(Array.from({ length: 3 }, () => sha256(client.open('/x', {}, true))))
    expect(new Set(sums)).toEqual(new Set([await sumOf(SIZE)]))
  })

  it('handlers in this process, and what they keep of what they send', async () => {
    kept = new Kept()
    const handler = async () => {
      const source = Readable.from(pseudoRandom(SIZE), { objectMode: false })
      source.on('data', keeps)
      return reply(200, fromReadable(source))
    }
    await using gateway = await gatewayOver(undefined, { name: 'local', handler })
    expect(await downloadSlowly(gateway.port, SIZE)).toBe(await sumOf(SIZE))
    expect([kept.size, kept.intact]).toEqual([SIZE, true])
  })

  it('a client that leaves in the middle, and the one that comes after', async () => {
    await using gateway = await over(sends(16 * MIB), { pool: steady })
    for (let nth = 0; nth < 5; nth += 1) {
      await using client = await rawOpen(gateway.port, { keep: 0 })
      await client.write('GET /x HTTP/1.1\r\nHost: a\r\n\r\n')
      while (client.received < MIB) await new Promise((resolve) => client.socket.once('data', resolve))
      client.reset()
    }
    await gateway.idle()
    expect(await download(gateway.port)).toBe(await sumOf(16 * MIB))
  })
})
