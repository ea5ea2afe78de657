import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type Body, forward, type Handler, http1, mirror, recorded, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  answerOf,
  certificates,
  eventually,
  h2Client,
  pseudoRandom,
  sha256,
  sink,
  type UpstreamHandler,
  upstream,
} from '../../support/index.js'
import { gatewayOver, steady } from '../../transports/gateway-over.js'
import { http2Front } from '../http2/front.js'
import { download, hashes, Kept, MIB, over, sends, sumOf, upload, watchChunks } from './kept.js'

const SIZE = 2 * MIB
const framings: readonly (readonly [name: string, chunked: boolean])[] = [
  ['with a length', false],
  ['in chunks', true],
]

describe.each(framings)('the memory of an upload %s', (_name, chunked) => {
  it.each([
    ['plain', undefined],
    ['to a TLS upstream', certificates()],
  ])('is given back as it leaves, and every byte arrives: 16 MiB, %s', async (_, tls) => {
    await using gateway = await over(hashes, {}, tls)
    using watched = watchChunks()
    expect(await upload(gateway.port, 16 * MIB, { chunked })).toBe(await sumOf(16 * MIB))
    expect(watched.large).toBeGreaterThan(100)
    // TLS takes nothing at once, and seldom has no room.
    if (tls === undefined) expect(watched.released / watched.large).toBeGreaterThan(0.5)
  })

  it('every byte reaches an upstream that reads at fits and starts', async () => {
    await using gateway = await over(async (request, response) => {
      let received = 0
      const slowly = async function* () {
        for await (const piece of request) {
          received += (piece as Buffer).length
          if (received > MIB) await delay(5)
          if (received > MIB) received = 0
          yield piece as Buffer
        }
      }
      response.end(await sha256(slowly()))
    })
    expect(await upload(gateway.port, 16 * MIB, { chunked })).toBe(await sumOf(16 * MIB))
  })

  let kept = new Kept()
  const listening: readonly (readonly [name: string, listen: (req: IncomingMessage) => void])[] = [
    ['listens', (req) => void req.on('data', kept.keep)],
    ['listens once', (req) => void req.once('data', kept.keep)],
    ['listens later, and once', (req) => void setImmediate(() => req.once('data', kept.keep))],
    [
      'listens for a while',
      (req) => {
        const keep = (chunk: Buffer): void => {
          kept.keep(chunk)
          if (kept.size > MIB) req.off('data', keep)
        }
        req.on('data', keep)
      },
    ],
    [
      'stands in for req.on, as tools that watch for errors do',
      (req) => {
        const { on } = req
        req.on = ((event: string, listener: (chunk: Buffer) => void) =>
          on.call(req, event, (chunk: Buffer) => {
            if (event === 'data') kept.keep(chunk)
            listener(chunk)
          })) as never
      },
    ],
    [
      'stands in for req.emit',
      (req) => {
        const { emit } = req
        req.emit = ((event: string, ...rest: unknown[]) => {
          if (event === 'data') kept.keep(rest[0] as Buffer)
          return emit.call(req, event, ...rest)
        }) as never
      },
    ],
    [
      'stands in for req.push',
      (req) => {
        const { push } = req
        req.push = ((chunk: Buffer | null) => {
          if (chunk !== null) kept.keep(chunk)
          return push.call(req, chunk)
        }) as never
      },
    ],
  ]

  it.each(listening)('an app that %s keeps what it got', async (_, listen) => {
    kept = new Kept()
    const arrived = Promise.withResolvers<void>()
    const far: UpstreamHandler = (request, response) => {
      arrived.resolve()
      return hashes(request, response)
    }
    await using gateway = await over(far, { before: listen })
    // Whoever reads before the transport does has the body for himself (H-029).
    const answer = upload(gateway.port, SIZE, { chunked, after: arrived.promise })
    expect(await answer).toBe(await sumOf(SIZE))
    expect(kept.size).toBeGreaterThan(0)
    expect(kept.intact).toBe(true)
  })

  it('a reply that is the next request’s body arrives whole, though chunks of it share what was read', async () => {
    await using far = await upstream(async (request, response) => {
      if (request.method === 'PUT') return hashes(request, response)
      for (const piece of pseudoRandom(SIZE)) {
        // Three chunks and their sizes in one read.
        for (let at = 0; at < piece.length; at += 20_000) response.write(piece.subarray(at, at + 20_000))
      }
      response.end()
    })
    const send = forward(far.url, { transport: http1() })
    const passOn: Handler = async (exchange) => {
      const { body } = await send(exchange)
      return send(exchange.with({ method: 'PUT', body: chunked ? body : await recorded(body, 2 * SIZE) }))
    }
    await using gateway = await gatewayOver(undefined, { name: 'local', handler: passOn })
    expect(await download(gateway.port, {}, async (response) => (await response.toArray()).join(''))).toBe(
      await sumOf(SIZE),
    )
  })

  it('an app that reads by itself keeps what it read', async () => {
    kept = new Kept()
    const read = (req: IncomingMessage): void => {
      for (let chunk = req.read() as Buffer | null; chunk !== null; chunk = req.read()) kept.keep(chunk)
    }
    await using gateway = await over(hashes, { before: (req) => void req.on('readable', () => read(req)) })
    // To whom the bytes go is a matter of who is first.
    await upload(gateway.port, SIZE, { chunked }).catch(() => {})
    expect(kept.size).toBeGreaterThan(0)
    expect(kept.intact).toBe(true)
  })

  it('a request of text that somebody asked for is bytes again for the upstream', async () => {
    await using gateway = await over(hashes, { before: (req) => void req.setEncoding('latin1') })
    expect(await upload(gateway.port, SIZE, { chunked })).toBe(await sumOf(SIZE))
  })

  it('a mirror gets every byte, and so does the upstream', async () => {
    const copies: string[] = []
    await using shadow = await upstream(async (request, response) => {
      copies.push(await sha256(request))
      response.end()
    })
    const filters = [mirror({ to: forward(shadow.url, { transport: http1() }), maxLagBytes: 2 * SIZE })]
    await using gateway = await over(hashes, { filters })
    expect(await upload(gateway.port, SIZE, { chunked })).toBe(await sumOf(SIZE))
    await eventually(() => copies.length === 1)
    expect(copies).toEqual([await sumOf(SIZE)])
  })

  it('one that is recorded and sent again is whole both times', async () => {
    await using broken = await sink(['waitBody', 'reset'])
    await using good = await upstream(hashes)
    await using gateway = await gatewayOver(http1(), [broken.url, good.url], {
      pool: steady,
      forward: { retry: { bodyLimit: 2 * SIZE, methods: ['PUT'] } },
    })
    // One after the other, so that it is the broken one's turn each time.
    for (let time = 0; time < 2; time++) expect(await upload(gateway.port, SIZE, { chunked })).toBe(await sumOf(SIZE))
    const broke = await Promise.all(broken.requests.map(({ body }) => sha256(body)))
    expect(broke).toEqual(Array(2).fill(await sumOf(SIZE)))
  })

  it('a handler in this process reads every byte, or sends every byte back', async () => {
    const echo = async ({ body }: { body: Body }) => reply(200, body)
    await using gateway = await gatewayOver(undefined, { name: 'local', handler: echo })
    const whole = Buffer.concat([...pseudoRandom(SIZE)]).toString('latin1')
    expect((await upload(gateway.port, SIZE, { chunked })) === whole).toBe(true)
  })

  it('clients of HTTP/2, whose frames share memory, send every byte, several at once', async () => {
    await using far = await upstream(hashes)
    await using front = await http2Front(far.url)
    await using client = h2Client(front.port)
    const answers = Array.from({ length: 3 }, () => {
      const headers = { ':method': 'PUT', ...(chunked ? {} : { 'content-length': SIZE }) }
      const stream = client.open('/x', headers)
      Readable.from(pseudoRandom(SIZE), { objectMode: false }).pipe(stream)
      return answerOf(stream)
    })
    const bodies = (await Promise.all(answers)).map(({ body }) => body)
    expect(bodies).toEqual(Array(3).fill(await sumOf(SIZE)))
  })
})

it('a download that is hedged arrives whole, whoever wins', async () => {
  let nth = 0
  const halting: UpstreamHandler = async (request, response) => {
    if (nth++ % 2 === 0) await delay(100)
    await sends(SIZE)(request, response)
  }
  await using one = await upstream(halting)
  await using two = await upstream(halting)
  await using gateway = await gatewayOver(http1(), [one.url, two.url], {
    pool: { retryBudget: { minPerSecond: 1_000 } },
    forward: { hedge: { afterMs: 20 } },
  })
  for (let round = 0; round < 4; round += 1) expect(await download(gateway.port)).toBe(await sumOf(SIZE))
  expect(nth).toBeGreaterThan(4)
})
