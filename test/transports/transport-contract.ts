import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually, flat, parseReplies, pseudoRandom, raw, rawOpen, sha256 } from '../support/index.js'
import { connectionRows } from './connection-rows.js'
import type { Call, Far, Subject } from './far-side.js'
import { ask, type GatewayOverOptions, GET, gatewayOver, get } from './gateway-over.js'
import { messageRows } from './message-rows.js'

const MIB = 1024 * 1024
const LARGE = 256 * MIB
/** What the kernel's socket buffers hold on two hops over loopback, with room to spare. */
const BUFFERED = 32 * MIB
/** Each sample collects garbage twice: more often, that would be most of the work. */
const SAMPLING = { intervalMs: 200 }

/** What every transport promises, told by the far side's answers: run by those that use the network and by local handlers. */
export function transportContract(subject: Subject): void {
  if (subject.network !== null) {
    messageRows(subject, subject.network)
    connectionRows(subject)
  }

  const over = async (far: Far, options: GatewayOverOptions = {}) => {
    const side = await subject.far(far)
    const pool = { ...(side.tls === undefined ? {} : { tls: side.tls }), ...options.pool }
    const gateway = await gatewayOver(subject.transport(), side.endpoint, { ...options, pool })
    return {
      ...gateway,
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]()
        await side[Symbol.asyncDispose]()
      },
    }
  }

  describe('bodies', () => {
    const random = (count: number) => Readable.from(pseudoRandom(count), { objectMode: false })

    it.each([
      ['with Content-Length', { 'content-length': String(32 * MIB) }],
      ['chunked', {}],
    ])('a download of 32 MiB %s arrives intact by SHA-256', async (_, headers) => {
      await using gateway = await over(() => ({ headers, body: random(32 * MIB) }))
      const hash = await new Promise((resolve, reject) =>
        httpRequest({ port: gateway.port, agent: false }, (res) => void sha256(res).then(resolve, reject))
          .on('error', reject)
          .end(),
      )
      expect(hash).toBe(await sha256(pseudoRandom(32 * MIB)))
      await gateway.idle()
    })

    it.each([
      ['with Content-Length', false],
      ['chunked', true],
    ])('an upload of 32 MiB %s arrives intact by SHA-256', async (_, chunked) => {
      await using gateway = await over(async ({ body }) => ({ body: await sha256(body) }))
      await using client = await rawOpen(gateway.port)
      await client.write(uploadHead(32 * MIB, chunked))
      for (const piece of pseudoRandom(32 * MIB)) await client.write(chunked ? chunk(piece) : piece)
      if (chunked) await client.write('0\r\n\r\n')
      expect(await client.waitFor(/[0-9a-f]{64}/, 10_000)).toContain(await sha256(pseudoRandom(32 * MIB)))
    })

    it('H-093 H-077 a client that stops and goes holds the far side back: 256 MiB down, memory flat', async () => {
      let sent = 0
      const source = function* () {
        for (const piece of pseudoRandom(LARGE)) {
          sent += piece.length
          yield piece
        }
      }
      await using gateway = await over(() => ({ body: Readable.from(source(), { objectMode: false }) }))
      await using client = await rawOpen(gateway.port, { keep: 1024 })
      let ahead = 0
      await flat(async () => {
        await client.write(GET)
        for (let mark = 16 * MIB; mark <= LARGE; mark += 80 * MIB) {
          await eventually(() => client.received >= mark, { timeoutMs: 20_000 })
          client.pause()
          await stalled(() => sent)
          ahead = Math.max(ahead, sent - client.received)
          client.resume()
        }
        await eventually(() => client.received > LARGE, { timeoutMs: 30_000 })
      }, SAMPLING)
      expect(ahead).toBeLessThan(BUFFERED)
    }, 60_000)

    it('H-093 H-077 a far side that stops and goes holds the client back: 256 MiB up, memory flat', async () => {
      let sent = 0
      let ahead = 0
      await using gateway = await over(async ({ body }) => {
        let received = 0
        let mark = 16 * MIB
        for await (const piece of body) {
          received += piece.length
          if (received < mark) continue
          mark += 80 * MIB
          await stalled(() => sent)
          ahead = Math.max(ahead, sent - received)
        }
        return { body: `received ${received}` }
      })
      await using client = await rawOpen(gateway.port)
      await flat(async () => {
        await client.write(uploadHead(LARGE, false))
        for (const piece of pseudoRandom(LARGE)) {
          await client.write(piece)
          sent += piece.length
        }
        await client.waitFor(`received ${LARGE}`, 40_000)
      }, SAMPLING)
      expect(ahead).toBeLessThan(BUFFERED)
    }, 60_000)

    it('both directions flow at once: each piece is echoed before the next is sent', async () => {
      await using gateway = await over(({ body }) => ({ body: Readable.from(body, { objectMode: false }) }))
      await using client = await rawOpen(gateway.port)
      await client.write(uploadHead(0, true))
      for (const piece of ['one', 'two', 'three']) {
        await client.write(chunk(Buffer.from(piece)))
        await client.waitFor(piece)
      }
      await client.write('0\r\n\r\n')
      const [reply] = parseReplies(await client.waitFor('0\r\n\r\n'))
      expect(reply?.body.toString()).toBe('onetwothree')
    })

    it('the head of a reply reaches the client before the first byte of its body is there', async () => {
      const body = new Readable({ read() {} })
      await using gateway = await over(() => ({ headers: { 'x-early': 'yes' }, body }))
      await using client = await rawOpen(gateway.port)
      await client.write(GET)
      await client.waitFor('x-early: yes')
      body.push('late')
      body.push(null)
      await client.waitFor('late')
    })
  })

  describe('heads', () => {
    it('H-071 M4 status, fields and two Set-Cookie arrive as they were sent', async () => {
      const headers = { 'x-custom': 'a, b', 'set-cookie': ['a=1; Path=/', 'b=2; Domain=example.com'] }
      await using gateway = await over(() => ({ status: 207, headers, body: 'x' }))
      const reply = await ask(gateway.port)
      expect(reply).toMatchObject({ status: 207, complete: true })
      expect(reply.header('x-custom')).toBe('a, b')
      expect(reply.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual(
        headers['set-cookie'],
      )
    })

    it('H-024 latin1 field values pass byte for byte, in both directions', async () => {
      await using gateway = await over(({ headers }) => ({ headers: { 'x-reply': String(headers['x-name']) } }))
      const reply = await ask(gateway.port, 'GET /x HTTP/1.1\r\nHost: a\r\nX-Name: caf\xe9\r\n\r\n')
      expect(reply.header('x-reply')).toBe('caf\xe9')
    })

    it('H-065 H-066 M4 replies without a body have none: HEAD, 204, 205 and 304', async () => {
      await using gateway = await over(({ path }) => {
        const status = Number(path.slice(1))
        if (status === 200) return { headers: { 'content-length': '5' }, body: '' }
        return { status, headers: status === 205 ? { 'content-length': '0' } : {} }
      })
      const { port } = gateway
      const head = await ask(port, 'HEAD /200 HTTP/1.1\r\nHost: a\r\n\r\n')
      expect([head.status, head.header('content-length'), head.bodyLength]).toEqual([200, '5', 0])
      for (const status of [204, 205, 304]) {
        const reply = await ask(port, get(`/${status}`))
        expect([reply.status, reply.complete, reply.bodyLength]).toEqual([status, true, 0])
      }
    })

    it('H-069 trailers follow the body; those that frame, route or set state never do', async () => {
      const trailers = { 'x-checksum': 'abc', 'set-cookie': 'evil=1', authorization: 'Basic x' }
      await using gateway = await over(() => ({ body: Readable.from(['hello'], { objectMode: false }), trailers }))
      const reply = await ask(gateway.port)
      expect(reply.body.toString()).toBe('hello')
      expect(reply.trailers.filter(([name]) => name !== 'x-checksum')).toEqual([])
      if (reply.trailers.length === 0) expect(reply.header('trailer')).toBeUndefined()
      else expect(reply.trailers).toEqual([['x-checksum', 'abc']])
    })
  })

  describe('clients that leave', () => {
    /** Leaves, and expects that within 100 ms the far side knows, the lease is back and the endpoint is not blamed. */
    const left = async (
      gateway: Awaited<ReturnType<typeof over>>,
      leave: () => void,
      gone: Promise<unknown>,
    ): Promise<void> => {
      leave()
      const late = delay(100, 'late', { ref: false })
      const known = await Promise.race([Promise.all([gone, gateway.idle(100)]), late])
      expect(known).not.toBe('late')
      expect(gateway.pool.endpoints.every(({ available }) => available)).toBe(true)
      const outcome = await gateway.settled()
      expect(outcome.termination.who).toBe('client')
      expect(outcome.attempts.every(({ countsAgainst }) => !countsAgainst)).toBe(true)
    }

    it.each(['destroy', 'reset'] as const)(
      'H-091 before the reply, by %s: the far side is told within 100 ms',
      async (how) => {
        const called = Promise.withResolvers<Call>()
        await using gateway = await over((call) => {
          called.resolve(call)
          return new Promise(() => {})
        })
        await using client = await rawOpen(gateway.port)
        await client.write(GET)
        const { gone } = await called.promise
        await left(gateway, () => client[how](), gone)
      },
    )

    it.each(['destroy', 'reset'] as const)('H-091 in the middle of a download, by %s', async (how) => {
      const body = new Readable({ read() {} })
      body.push('first')
      const gone = new Promise((resolve) => body.on('close', resolve))
      await using gateway = await over(() => ({ body }))
      await using client = await rawOpen(gateway.port)
      await client.write(GET)
      await client.waitFor('first')
      await left(gateway, () => client[how](), gone)
    })

    it.each(['destroy', 'reset'] as const)('H-091 in the middle of an upload, by %s', async (how) => {
      const begun = Promise.withResolvers<void>()
      const cut = Promise.withResolvers<void>()
      await using gateway = await over(({ body }) => {
        body.on('data', () => begun.resolve()).on('error', () => cut.resolve())
        return new Promise(() => {})
      })
      await using client = await rawOpen(gateway.port)
      await client.write(`${uploadHead(1000, false)}half`)
      await begun.promise
      await left(gateway, () => client[how](), cut.promise)
    })

    it('H-091 while waiting in the queue: never reaches the far side', async () => {
      const paths: string[] = []
      const free = Promise.withResolvers<void>()
      await using gateway = await over(
        async ({ path }) => {
          paths.push(path)
          await free.promise
          return { body: 'ok' }
        },
        { pool: { maxConnections: 1 } },
      )
      const first = ask(gateway.port, get('/first'))
      await eventually(() => paths.length === 1)
      await using client = await rawOpen(gateway.port)
      await client.write(get('/queued'))
      await eventually(() => gateway.pool.queued === 1)
      client.destroy()
      await eventually(() => gateway.pool.queued === 0, { timeoutMs: 100 })
      free.resolve()
      expect((await first).status).toBe(200)
      await gateway.idle()
      expect(paths).toEqual(['/first'])
    })
  })

  describe('time', () => {
    it('H-098 the total limit ends an exchange whose far side never answers with 504, and clears its timer', async () => {
      await using gateway = await over(() => new Promise(() => {}), { forward: { totalTimeoutMs: 50 } })
      const reply = await ask(gateway.port)
      expect([reply.status, reply.body.toString()]).toEqual([504, '504 ERR_EDGE_TOTAL_TIMEOUT\n'])
      await gateway.idle()
    })

    it('H-098 the total limit breaks a reply that is under way, never ends it', async () => {
      const body = new Readable({ read() {} })
      body.push('first')
      await using gateway = await over(() => ({ body }), { forward: { totalTimeoutMs: 100 } })
      const { text, ended } = await raw(gateway.port, GET, { hold: Infinity })
      expect(ended).not.toBe('open')
      expect(parseReplies(text)).toMatchObject([{ status: 200, complete: false }])
      expect((await gateway.settled()).error?.code).toBe('ERR_EDGE_TOTAL_TIMEOUT')
      await gateway.idle()
    })
  })

  it('H-117 a body that fails while its client leaves settles its exchange once, with one attempt', async () => {
    const bodies: Readable[] = []
    await using gateway = await over(() => {
      const body = new Readable({ read() {} })
      body.push('first')
      bodies.push(body)
      return { body }
    })
    for (let nth = 0; nth < 10; nth += 1) {
      await using client = await rawOpen(gateway.port)
      await client.write(GET)
      await client.waitFor('first')
      bodies[nth]!.on('error', () => {}).destroy(new Error('failed'))
      client.reset()
    }
    await gateway.settled(10)
    await gateway.idle()
    expect(gateway.outcomes.map(({ attempts }) => attempts.length)).toEqual(Array(10).fill(1))
  })
}

function uploadHead(length: number, chunked: boolean): string {
  const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  return `PUT /x HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

/** Waits until a count no longer grows. */
async function stalled(count: () => number): Promise<void> {
  let before = -1
  for (let still = 0; still < 3; ) {
    still = count() === before ? still + 1 : 0
    before = count()
    await delay(10)
  }
}
