import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ask } from '../integration/client.js'
import { startAt } from '../integration/restartable.js'
import { type Child, child, eventually, rawOpen, sourceLoader } from '../support/index.js'

/** Descriptors that the process may open beyond those it has. */
const ROOM = 30

function gateway(transport: string, endpoints: readonly string[]): Promise<Child> {
  const code = `
    import { createServer } from 'node:http'
    import { createGateway, createPool, forward, hardenServer, http1, httpProxy, undici } from 'edgewise'
    import { toNode } from 'edgewise/node'
    const pool = createPool({
      name: 'far',
      endpoints: ${JSON.stringify(endpoints)},
      health: { active: { intervalMs: 100, timeoutMs: 1_000, rise: 1, fall: 2 } },
    })
    const server = createServer(toNode(createGateway({ routes: [{ path: '/**', handler: forward({ pool, transport: ${transport}() }) }] })))
    hardenServer(server)
    server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  `
  return child({ code }, { imports: [sourceLoader] })
}

const openBy = ({ process: { pid } }: Child): number => readdirSync(`/proc/${pid}/fd`).length

/** Lets a process that runs open so many more descriptors; gives how many those are in all. */
function mayOpen(edge: Child, more: number): number {
  const most = openBy(edge) + more
  execFileSync('prlimit', ['--pid', String(edge.process.pid), `--nofile=${most}:4096`])
  return most
}

/** Clients that connect and say nothing; some of them are turned away. */
async function hold(port: number, count: number): Promise<Socket[]> {
  const held = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.all(
    held.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  )
  return held
}

describe.each(['http1', 'undici', 'httpProxy'])('file descriptors run out (EMFILE), over %s', (transport) => {
  it('H-118 the gateway stays up, answers 502 or 503 to whom it has, turns others away, and recovers', async () => {
    await using far = await startAt()
    await using other = await startAt()
    await using edge = await gateway(
      transport,
      [far, other].map(({ port }) => `http://127.0.0.1:${port}`),
    )
    const { port } = edge
    // What is loaded at first use is loaded, then the connections to upstreams are closed again.
    expect((await ask(port)).status).toBe(200)
    const most = mayOpen(edge, ROOM)
    await using first = await rawOpen(port)
    const held = await hold(port, ROOM * 3)
    // One or two that a health check has just given back may be free.
    await eventually(() => openBy(edge) >= most - 2)

    // Of those that it kept idle one may be left: soon there is none, and no health check gets through.
    const statuses = new Set<string>()
    const deadline = performance.now() + 5_000
    while (performance.now() < deadline && !statuses.has('503')) {
      const before = first.text.length
      await first.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
      await first.waitFor(() => /\r\n\r\n/.test(first.text.slice(before)))
      statuses.add(/HTTP\/1\.1 (\d+)/.exec(first.text.slice(before))![1]!)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(statuses).toContain('503')
    expect([...statuses].filter((status) => !['200', '502', '503'].includes(status))).toEqual([])
    expect(edge.alive()).toBe(true)

    for (const socket of held) socket.destroy()
    await eventually(async () => (await ask(port).catch(() => ({ status: 0 }))).status === 200, { timeoutMs: 10_000 })
    for (let at = 0; at < 10; at++) expect((await ask(port)).status).toBe(200)
    await edge.healthy()
  }, 30_000)
})
