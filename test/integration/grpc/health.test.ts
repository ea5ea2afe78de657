import { type ServerUnaryCall, type ServiceDefinition, type sendUnaryData, status } from '@grpc/grpc-js'
import { createPool, grpcProbe } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { h2Sink } from '../../support/h2-sink.js'
import { certificates, faultyUpstream, upstream } from '../../support/index.js'
import { grpcServer } from './echo.js'

/** The health service (grpc.health.v1), its two messages by hand: field 1 is the name asked for, and the status answered. */
const healthService: ServiceDefinition = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (name: string) => Buffer.from(name),
    requestDeserialize: (bytes: Buffer) => ({ service: bytes.subarray(bytes[1]! > 127 ? 3 : 2).toString() }),
    responseSerialize: (value: number) => Buffer.from(value === 0 ? [] : [8, value]),
    responseDeserialize: (bytes: Buffer) => bytes[1] ?? 0,
  },
}

const health = (services: Record<string, number>) =>
  grpcServer(
    {
      check(call: ServerUnaryCall<{ service: string }, number>, done: sendUnaryData<number>) {
        const known = services[call.request.service]
        if (known === undefined) done({ code: status.NOT_FOUND, details: 'unknown service' })
        else done(null, known)
      },
    },
    healthService,
  )

async function ask(url: string, service?: string, signal = AbortSignal.timeout(2_000)): Promise<boolean> {
  await using pool = createPool({ name: 'asked', endpoints: [url] })
  return await grpcProbe({ service })(pool.endpoints[0]!, signal)
}

describe('grpcProbe', () => {
  const long = `shop.${'x'.repeat(300)}`

  it.each([
    ['SERVING, asked as a whole', undefined, true],
    ['SERVING, asked for one service', 'shop.Cart', true],
    ['SERVING, by a long name', long, true],
    ['UNKNOWN', 'shop.New', false],
    ['NOT_SERVING', 'shop.Old', false],
    ['NOT_FOUND', 'shop.None', false],
  ])('%s', async (_, service, well) => {
    await using server = await health({ '': 1, 'shop.Cart': 1, [long]: 1, 'shop.New': 0, 'shop.Old': 2 })
    expect(await ask(server.url, service)).toBe(well)
  })

  it.each<[string, () => Promise<AsyncDisposable & { readonly url: string }>]>([
    ['a server without the health service', () => grpcServer({})],
    ['an HTTP/1.1 server', () => upstream()],
    ['nobody', () => faultyUpstream('refuse')],
    ['a certificate that is not trusted', () => h2Sink(() => [], { tls: certificates() })],
    ['an upstream that never answers, when time is up', () => h2Sink()],
  ])('not well: %s', async (_, open) => {
    await using server = await open()
    expect(await ask(server.url, undefined, AbortSignal.timeout(200)).catch(() => false)).toBe(false)
  })

  it('keeps traffic away from an endpoint that says NOT_SERVING', async () => {
    await using well = await health({ '': 1 })
    await using ill = await health({ '': 2 })
    await using pool = createPool({
      name: 'probed',
      endpoints: [well.url, ill.url],
      health: { active: { probe: grpcProbe(), intervalMs: 20, rise: 1, fall: 1 } },
    })
    const { promise: down, resolve } = Promise.withResolvers<void>()
    pool.events.on('endpoint', ({ endpoint, change }) => {
      if (endpoint === pool.endpoints[1]!.name && change === 'down') resolve()
    })
    await down
    expect(pool.endpoints.map(({ available }) => available)).toEqual([true, false])
  })

  it('refuses options that it does not know', () => {
    expect(() => grpcProbe({ servce: 'x' } as never)).toThrow('Did you mean "service"')
  })
})
