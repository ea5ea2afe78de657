import { randomBytes } from 'node:crypto'
import {
  credentials,
  Metadata,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { createPool, forward, http2 } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { goAwayFrame } from '../../support/h2-frames.js'
import { h2Error, resetFrame } from '../../support/h2-raw.js'
import { h2Sink } from '../../support/h2-sink.js'
import { certificates, eventually } from '../../support/index.js'
import { http2Front } from '../http2/front.js'
import { echoService, type GrpcServer, grpcClient, grpcServer } from './echo.js'

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON holds
type Message = any
type Unary = ServerUnaryCall<Message, Message>
type Done = sendUnaryData<Message>

const patient = { transport: http2(), firstByteTimeoutMs: 0, idleTimeoutMs: 0 }

/** A gateway in front of gRPC servers, and a client of it. */
async function through(servers: readonly GrpcServer[] | GrpcServer) {
  const front = await http2Front(
    [servers].flat().map(({ url }) => url),
    { forward: patient },
  )
  const client = grpcClient(front.port)
  return {
    front,
    client,
    unary: (message: Message, metadata = new Metadata(), options = {}) =>
      new Promise<{ value: Message; error: ServiceError | null; trailers: Metadata | null; initial: Metadata | null }>(
        (resolve) => {
          let initial: Metadata | null = null
          let result: { value: Message; error: ServiceError | null }
          const call = client['unary'](message, metadata, options, (error: ServiceError | null, value: Message) => {
            result = { value, error }
          })
          call.on('metadata', (given: Metadata) => {
            initial = given
          })
          call.on('status', (given: { metadata: Metadata }) =>
            setImmediate(() => resolve({ ...result, trailers: given.metadata, initial })),
          )
        },
      ),
    async [Symbol.asyncDispose]() {
      client.close()
      await front[Symbol.asyncDispose]()
    },
  }
}

const failure = (code: status, details: string): Partial<ServiceError> => ({ code, details })

describe('gRPC through a gateway, by the official client and server', () => {
  it('a unary call, with metadata, also binary, both ways and in the trailers', async () => {
    const bytes = randomBytes(300)
    await using server = await grpcServer({
      unary(call: Unary, done: Done) {
        const initial = new Metadata()
        initial.set('x-seen', call.metadata.get('x-sent').join())
        initial.set('x-seen-bin', call.metadata.get('x-sent-bin')[0]!)
        call.sendMetadata(initial)
        const trailers = new Metadata()
        trailers.set('x-last', 'trailer')
        trailers.set('x-last-bin', bytes)
        done(null, { got: call.request }, trailers)
      },
    })
    await using edge = await through(server)
    const metadata = new Metadata()
    metadata.set('x-sent', 'hello')
    metadata.set('x-sent-bin', bytes)
    const { value, initial, trailers } = await edge.unary({ n: 1 }, metadata)
    expect(value).toEqual({ got: { n: 1 } })
    expect([initial?.get('x-seen'), initial?.get('x-seen-bin')]).toEqual([['hello'], [bytes]])
    expect([trailers?.get('x-last'), trailers?.get('x-last-bin')]).toEqual([['trailer'], [bytes]])
    await edge.front.atRest()
  })

  it('a message of 20 MiB, there and back', async () => {
    await using server = await grpcServer({ unary: (call: Unary, done: Done) => done(null, call.request) })
    await using edge = await through(server)
    const text = 'x'.repeat(20 << 20)
    const { value, error } = await edge.unary({ text })
    expect(error).toBeNull()
    expect(value.text === text).toBe(true)
  })

  it('client streaming: the reply comes after the last message', async () => {
    await using server = await grpcServer({
      collect(call: ServerReadableStream<Message, Message>, done: Done) {
        let sum = 0
        call.on('data', (n: number) => {
          sum += n
        })
        call.on('end', () => done(null, sum))
      },
    })
    await using edge = await through(server)
    const sum = await new Promise((resolve, reject) => {
      const call = edge.client['collect']((error: unknown, value: unknown) => (error ? reject(error) : resolve(value)))
      for (let n = 1; n <= 100; n += 1) call.write(n)
      call.end()
    })
    expect(sum).toBe(5050)
  })

  it('server streaming: 5,000 messages in order, to the end', async () => {
    await using server = await grpcServer({
      count(call: ServerWritableStream<number, Message>) {
        for (let n = 0; n < call.request; n += 1) call.write({ n, pad: 'x'.repeat(100) })
        call.end()
      },
    })
    await using edge = await through(server)
    const got: number[] = []
    for await (const { n } of edge.client['count'](5_000)) got.push(n)
    expect(got).toEqual(Array.from({ length: 5_000 }, (_, n) => n))
    await edge.front.atRest()
  })

  it('bidirectional: each message is answered before the next is sent; the head comes before the first message', async () => {
    await using server = await grpcServer({
      chat(call: ServerDuplexStream<Message, Message>) {
        call.sendMetadata(new Metadata())
        call.on('data', (message) => call.write({ echo: message }))
        call.on('end', () => call.end())
      },
    })
    await using edge = await through(server)
    const call = edge.client['chat']()
    await new Promise((resolve) => call.once('metadata', resolve))
    for (let n = 0; n < 50; n += 1) {
      const answer = new Promise((resolve) => call.once('data', resolve))
      call.write(n)
      expect(await answer).toEqual({ echo: n })
    }
    const over = new Promise<{ code: number }>((resolve) => call.once('status', resolve))
    call.end()
    call.resume()
    expect((await over).code).toBe(status.OK)
    await edge.front.atRest()
  })

  describe('failures', () => {
    it.each([
      ['NOT_FOUND', status.NOT_FOUND],
      ['PERMISSION_DENIED', status.PERMISSION_DENIED],
      ['UNAVAILABLE', status.UNAVAILABLE],
    ])('a status alone (%s), without a message: code and text arrive', async (_, code) => {
      await using server = await grpcServer({
        unary: (_call: Unary, done: Done) => done(failure(code, 'why, plainly: 100% ünderstood')),
      })
      await using edge = await through(server)
      const { error } = await edge.unary({})
      expect([error?.code, error?.details]).toEqual([code, 'why, plainly: 100% ünderstood'])
      expect(edge.front.attempts.map((each) => [each.status, each.countsAgainst])).toEqual([[200, false]])
    })

    it('a status behind some messages', async () => {
      await using server = await grpcServer({
        count(call: ServerWritableStream<number, Message>) {
          call.write(1)
          call.write(2)
          call.emit('error', failure(status.DATA_LOSS, 'half'))
        },
      })
      await using edge = await through(server)
      const got: number[] = []
      const call = edge.client['count'](2)
      call.on('data', (n: number) => got.push(n))
      const error = await new Promise<ServiceError>((resolve) => call.on('error', resolve))
      expect([got, error.code, error.details]).toEqual([[1, 2], status.DATA_LOSS, 'half'])
    })

    it('a method that the server does not have', async () => {
      await using server = await grpcServer({})
      await using edge = await through(server)
      expect((await edge.unary({})).error?.code).toBe(status.UNIMPLEMENTED)
    })

    it('H-090 a server that dies in the middle of a stream is an error to the client, never an end', async () => {
      const server = await grpcServer({ count: (call: ServerWritableStream<number, Message>) => void call.write(1) })
      await using edge = await through(server)
      const call = edge.client['count'](2)
      const error = new Promise<ServiceError>((resolve) => call.on('error', resolve))
      await new Promise((resolve) => call.once('data', resolve))
      await server[Symbol.asyncDispose]()
      expect((await error).code).not.toBe(status.OK)
      await edge.front.atRest()
    })

    it('no server at all is UNAVAILABLE (from a 502)', async () => {
      const server = await grpcServer({})
      await server[Symbol.asyncDispose]()
      await using edge = await through(server)
      expect((await edge.unary({})).error?.code).toBe(status.UNAVAILABLE)
    })
  })

  it('a deadline passes on (grpc-timeout), and is kept by the client', async () => {
    const deadlines: number[] = []
    await using server = await grpcServer({
      unary(call: Unary) {
        deadlines.push(Number(call.getDeadline()))
      },
    })
    await using edge = await through(server)
    const deadline = Date.now() + 300
    const { error } = await edge.unary({}, new Metadata(), { deadline })
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED)
    expect(Math.abs(deadlines[0]! - deadline)).toBeLessThan(250)
    await edge.front.atRest()
  })

  it('H-091 a call that is cancelled is cancelled at the server, too, and not held against it', async () => {
    const cancelled = Promise.withResolvers<number>()
    await using server = await grpcServer({
      chat(call: ServerDuplexStream<Message, Message>) {
        call.on('cancelled', () => cancelled.resolve(performance.now()))
        call.on('data', (message) => call.write(message))
      },
    })
    await using edge = await through(server)
    const call = edge.client['chat']()
    call.on('error', () => {})
    call.write('hello')
    await new Promise((resolve) => call.once('data', resolve))
    const since = performance.now()
    call.cancel()
    expect((await cancelled.promise) - since).toBeLessThan(200)
    await edge.front.atRest()
    expect(edge.front.attempts.map(({ countsAgainst }) => countsAgainst)).toEqual([false])
  })

  it('a server that answers before the last message stops the client', async () => {
    await using server = await grpcServer({
      collect: (_call: ServerReadableStream<Message, Message>, done: Done) =>
        done(failure(status.RESOURCE_EXHAUSTED, 'enough')),
    })
    await using edge = await through(server)
    const code = await new Promise((resolve) => {
      const call = edge.client['collect']((error: ServiceError | null) => resolve(error?.code))
      call.write(1)
    })
    expect(code).toBe(status.RESOURCE_EXHAUSTED)
    await edge.front.atRest()
  })

  describe('balancing', () => {
    const named = (name: string) => grpcServer({ unary: (_call: Unary, done: Done) => done(null, name) })

    it('streams of one client connection go to both servers in turn', async () => {
      await using one = await named('one')
      await using two = await named('two')
      await using edge = await through([one, two])
      const names: Message[] = []
      for (let nth = 0; nth < 10; nth += 1) names.push((await edge.unary({})).value)
      expect(names.toSorted()).toEqual([...Array(5).fill('one'), ...Array(5).fill('two')])
      expect(edge.front.sockets.size).toBe(1)
    })

    it.each([
      ['REFUSED_STREAM', (stream: number) => resetFrame(stream, h2Error.refused)],
      ['a GOAWAY that leaves it out', () => goAwayFrame(0, h2Error.none)],
    ])('a unary call that a server refuses by %s is answered by the other one', async (_, refusal) => {
      await using busy = await h2Sink((stream) => [refusal(stream)])
      await using good = await named('good')
      await using edge = await through([busy as unknown as GrpcServer, good])
      for (let nth = 0; nth < 6; nth += 1) expect((await edge.unary({ nth })).value).toBe('good')
      expect(busy.requests).toBeGreaterThan(0)
    })

    it('a server that is gone costs no call', async () => {
      await using one = await named('one')
      const two = await named('two')
      await using edge = await through([one, two])
      for (let nth = 0; nth < 4; nth += 1) await edge.unary({})
      await two[Symbol.asyncDispose]()
      const results = []
      for (let nth = 0; nth < 10; nth += 1) results.push(await edge.unary({}))
      const failed = results.filter(({ error }) => error !== null)
      // At most the one that was sent on a connection before its end was known.
      expect(failed.length).toBeLessThanOrEqual(1)
      expect(results.at(-1)?.value).toBe('one')
    })
  })

  it('over TLS on both sides', async () => {
    const { ca, cert, key } = certificates()
    const security = ServerCredentials.createSsl(null, [
      { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) },
    ])
    await using server = await grpcServer(
      { unary: (call: Unary, done: Done) => done(null, call.request) },
      echoService,
      security,
    )
    const pool = createPool({ name: 'secure', endpoints: [`https://127.0.0.1:${server.port}`], tls: { ca } })
    await using front = await http2Front([], {
      serves: 'tls',
      gateway: { routes: [{ path: '/**', handler: forward({ pool, ...patient }) }] },
    })
    using client = grpcClient(front.port, credentials.createSsl(Buffer.from(ca)), 'localhost')
    const value = await new Promise((resolve, reject) =>
      client['unary']('secret', (error: unknown, given: unknown) => (error ? reject(error) : resolve(given))),
    )
    expect(value).toBe('secret')
    client.close()
    await pool.close()
    await eventually(() => pool.endpoints.every(({ inFlight }) => inFlight === 0))
  })
})
