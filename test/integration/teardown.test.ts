import { describe, expect, it } from 'vitest'
import { eventually, type Sink, type SinkStep, sink } from '../support/index.js'
import { type RawConnection, rawOpen } from '../support/raw-open.js'
import { gatewayOver, transports } from './front.js'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const UPLOAD = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf'

type Act = (client: RawConnection, far: Sink) => unknown
/** With its answer in hand; what is left of its upload would be waited for. */
const leaves: Act = async (client) => {
  await client.waitFor('HTTP/1.1')
  client.destroy()
}
const last = (far: Sink) => far.connections.at(-1)!

const cases: readonly (readonly [what: string, request: string, steps: readonly SinkStep[], act: Act])[] = [
  ['the upstream ends in the middle', GET, ['waitBody', HEAD, 'half', 'end'], () => {}],
  ['the upstream resets in the middle', GET, ['waitBody', HEAD, 'half', 'reset'], () => {}],
  [
    'client and upstream reset in the same moment',
    GET,
    ['waitBody', HEAD, 'half', 'stall'],
    (client, far) => {
      client.reset()
      last(far).reset()
    },
  ],
  ['the upstream resets after its last byte', GET, ['waitBody', HEAD, 'x'.repeat(100), 'reset'], () => {}],
  [
    'the client resets with the last byte under way',
    GET,
    ['waitBody', HEAD, 'x'.repeat(99), 'stall'],
    async (client, far) => {
      void last(far).write('x')
      client.reset()
    },
  ],
  ['the upstream says more than it promised', GET, ['waitBody', HEAD, 'x'.repeat(150), 'end'], () => {}],
  ['the upstream answers and resets an upload', UPLOAD, [HEAD, 'x'.repeat(100), 'reset'], leaves],
  ['the upstream resets an upload without an answer', UPLOAD, ['reset'], leaves],
  ['the client resets its upload', UPLOAD, ['waitBody'], (client) => client.reset()],
  ['the client ends its upload early', UPLOAD, ['waitBody'], (client) => client.end()],
  [
    'the client leaves and the upstream answers then',
    GET,
    ['stall'],
    async (client, far) => {
      client.reset()
      void last(far).write(`${HEAD}${'x'.repeat(100)}`)
    },
  ],
]

describe.each(transports)('the end of a request over %s', (_name, make) => {
  it.each(cases)('H-117 is told exactly once when %s', async (_what, request, steps, act) => {
    await using far = await sink(steps)
    const settled = new Map<object, number>()
    let told = 0
    await using front = await gatewayOver(make(), [far.url], {
      pool: { health: { passive: false } },
      gateway: {
        filters: [
          (exchange, next) => {
            exchange.onSettled(({ attempts }) => {
              settled.set(exchange.raw, (settled.get(exchange.raw) ?? 0) + 1)
              told += attempts.length
            })
            return next(exchange)
          },
        ],
      },
    })
    const faults: unknown[] = []
    front.hub.on('fault', (fault) => faults.push(fault))
    for (let round = 0; round < 10; round++) {
      await using client = await rawOpen(front.port)
      const before = far.requests.length
      await client.write(request)
      await far.waitForRequests(before + 1)
      if (steps.includes('half') && steps.includes('stall')) await client.waitFor('half')
      await act(client, far)
      await eventually(() => settled.size === round + 1)
    }
    await front.atRest()
    expect([...settled.values()]).toEqual(Array.from({ length: 10 }, () => 1))
    expect(front.outcomes).toHaveLength(10)
    expect(front.attempts).toHaveLength(front.endpoint(0).attempts)
    expect(front.outcomes.flatMap(({ attempts }) => attempts)).toHaveLength(front.attempts.length)
    // Known by the time that listeners hear of the end, also of a client that left.
    expect(told).toBe(front.attempts.length)
    expect(faults).toEqual([])
  })
})
