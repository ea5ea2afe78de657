import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { child } from '../../support/child.js'
import { eventually } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { sourceLoader } from '../../support/source-loader.js'
import { balancerOver, far } from './front.js'

/** A balancer that may have few files open, and an upstream in another process. */
const app = (port: number): string => `
  import { createPool, events } from 'edgewise'
  import { createTcpBalancer } from 'edgewise/tcp'
  const pool = createPool({ name: 'far', endpoints: ['tcp://127.0.0.1:${port}'] })
  const balancer = createTcpBalancer({ pool })
  const counts = {}
  events.on('connection', ({ outcome }) => {
    const what = outcome.error?.cause?.code ?? outcome.error?.code ?? 'ok'
    counts[what] = (counts[what] ?? 0) + 1
  })
  const server = await balancer.listen({ port: 0, host: '127.0.0.1' })
  process.on('message', (word) => {
    if (word === 'tell') process.send({ counts, connections: balancer.connections, inFlight: pool.endpoints[0].inFlight, available: pool.endpoints[0].available })
  })
  process.send(server.address().port)
`

async function storm(port: number, count: number): Promise<Record<string, number>> {
  const results: Record<string, number> = {}
  await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<void>((resolve) => {
          let result = 'closed'
          const socket = connect({ port, host: '127.0.0.1' })
          socket.on('connect', () => socket.write('x'))
          socket.on('data', () => {
            result = 'answered'
          })
          socket.on('error', () => {})
          const timer = setTimeout(() => socket.destroy(), 1_000)
          socket.on('close', () => {
            clearTimeout(timer)
            results[result] = (results[result] ?? 0) + 1
            resolve()
          })
        }),
    ),
  )
  return results
}

describe('H-085 too many at once', () => {
  it('H-085 an accept storm past maxConnections is turned away, told, and over when it is over', async () => {
    await using upstream = await far()
    await using front = await balancerOver([upstream.url], { maxConnections: 100 })
    const results = await storm(front.port, 400)
    expect(results['answered']).toBeGreaterThanOrEqual(100)
    await eventually(() => front.balancer.connections === 0)
    const refused = front.outcomes.filter(({ error }) => error?.code === 'ERR_EDGE_CONNECTION_LIMIT').length
    expect([front.outcomes.length, refused]).toEqual([400, 400 - results['answered']!])
    expect((await raw(front.port, ['again', 'end'])).text).toBe('again')
    await front.atRest()
  })

  it('H-085 out of file descriptors: no crash, no endpoint to blame, and well again afterwards', async () => {
    await using upstream = await far()
    // The limit is set by the shell that becomes the process.
    const limited = {
      code: `import { spawn } from 'node:child_process'
      const inner = spawn('bash', ['-c', 'ulimit -n 80; exec "$0" "$@"', process.execPath, ...JSON.parse(process.env.ARGS)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      inner.on('message', (message) => process.send(message))
      process.on('message', (message) => inner.send(message))
      process.on('disconnect', () => inner.kill())
      process.on('SIGTERM', () => inner.kill())
      inner.on('exit', (code, signal) => { process.exitCode = signal === 'SIGTERM' ? 0 : (code ?? 1); process.disconnect?.() })`,
    }
    const flags = ['--unhandled-rejections=strict', '--trace-warnings', '--import', String(sourceLoader)]
    await using balancer = await child(limited, {
      env: { ARGS: JSON.stringify([...flags, '--input-type=module', '--eval', app(upstream.port)]) },
    })
    const results = await storm(balancer.port, 300)
    expect(results['closed']).toBeGreaterThan(0)
    // What came in took the files that its connections to the upstream would have needed, or was not even let in.
    balancer.send('tell')
    const told = (await eventually(() => balancer.messages[1])) as Record<string, unknown>
    expect(told).toMatchObject({ available: true })
    await eventually(async () => (await raw(balancer.port, ['again', 'end'])).text === 'again', { timeoutMs: 5_000 })
    balancer.send('tell')
    await eventually(() => balancer.messages[2])
    expect(balancer.messages[2]).toMatchObject({ connections: 0, inFlight: 0, available: true })
    await balancer.healthy()
  }, 30_000)
})
