import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Child, child, eventually, installed, sourceLoader } from '../../support/index.js'
import { ask } from '../client.js'

const ATTACKERS = 150
const LIMIT_MS = 1_000
/** After which the attacker gives up by itself: only what is closed before counts. */
const ATTACK_S = 12
/** Of /proc/net/tcp. */
const LISTEN = '0A'
const TIME_WAIT = '06'

/** A hardened gateway in a process of its own, whose memory is its own, too; it tells how many connections it has. */
function hardened(): Promise<Child> {
  const code = `
    import { createServer } from 'node:http'
    import { bytes, createGateway, hardenServer, reply } from 'edgewise'
    import { toNode } from 'edgewise/node'
    // More than the kernel takes for one connection.
    const large = Buffer.alloc(16 * 1024 * 1024, 'a')
    const handler = async (exchange) => {
      await bytes(exchange.body, 1_000_000)
      return reply(200, exchange.target.path === '/small' ? 'ok' : large)
    }
    const server = createServer(toNode(createGateway({ routes: [{ path: '/**', handler }] })))
    const limits = { headersTimeoutMs: ${LIMIT_MS}, requestTimeoutMs: ${2 * LIMIT_MS}, stallTimeoutMs: ${LIMIT_MS}, checkIntervalMs: 200 }
    hardenServer(server, { ...limits, keepAliveTimeoutMs: ${LIMIT_MS} })
    process.on('message', () => {
      gc()
      server.getConnections((_error, count) => process.send({ count, rss: process.memoryUsage().rss }))
    })
    server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  `
  return child({ code }, { imports: [sourceLoader], execArgv: ['--expose-gc'] })
}

interface Seen {
  readonly count: number
  readonly rss: number
}

async function look(edge: Child): Promise<Seen> {
  const next = once(edge.process, 'message')
  edge.send('look')
  return (await next)[0] as Seen
}

/** Connections of a port that the kernel has anything to do with, but for those that only wait for their number to be free again. */
function inKernel(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1)
  return lines.filter((line) => {
    const [, from, , state] = line.trim().split(/\s+/)
    return from!.endsWith(local) && state !== LISTEN && state !== TIME_WAIT
  }).length
}

function attack(port: number, mode: readonly string[], path: string) {
  const rate = ['-c', String(ATTACKERS), '-r', String(ATTACKERS), '-l', String(ATTACK_S), '-p', '3']
  const args = [...mode, ...rate, '-u', `http://127.0.0.1:${port}${path}`]
  const attacker = spawn('slowhttptest', args, { stdio: 'ignore', timeout: (ATTACK_S + 5) * 1_000 })
  const over = once(attacker, 'close')
  return {
    async [Symbol.asyncDispose]() {
      attacker.kill('SIGKILL')
      await over
    },
  }
}

describe.skipIf(!installed('slowhttptest'))('slowhttptest against a hardened server', () => {
  it.each([
    ['slow heads (slowloris)', ['-H', '-i', '1', '-x', '24'], '/large'],
    ['slow bodies (R-U-Dead-Yet)', ['-B', '-i', '1', '-s', '8192', '-x', '10'], '/small'],
    ['slow reading', ['-X', '-w', '10', '-y', '20', '-n', '2', '-z', '32'], '/large'],
  ])(
    'H-093 H-094 %s: all of it is closed in time, others are answered meanwhile, memory stays as it is',
    async (_what, mode, path) => {
      await using edge = await hardened()
      const { port } = edge
      expect((await ask(port, '/small')).status).toBe(200)
      const before = await look(edge)
      await using _attack = attack(port, mode, path)
      const answers = new Set<number>()
      let most = 0
      let slowest = 0
      const isOver = async (): Promise<boolean> => {
        const asked = performance.now()
        answers.add((await ask(port, '/small')).status)
        slowest = Math.max(slowest, performance.now() - asked)
        const { count } = await look(edge)
        most = Math.max(most, count)
        // What an ordinary client has just closed may still be about.
        return most > ATTACKERS / 2 && count <= 2 && inKernel(port) <= 2
      }
      await eventually(isOver, { timeoutMs: (ATTACK_S - 2) * 1_000, intervalMs: 100 })
      expect([...answers]).toEqual([200])
      expect(slowest).toBeLessThan(2_000)
      expect((await look(edge)).rss - before.rss).toBeLessThan(64 * 1024 * 1024)
      await edge.healthy()
    },
    30_000,
  )
})
