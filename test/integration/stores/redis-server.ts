import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { eventually, freePort, type Program, program } from '../../support/index.js'

const exec = promisify(execFile)

/** A real Redis on a port of its own, and what can befall one. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  /** Runs redis-cli. @throws Error for an error reply. */
  cli(...args: readonly string[]): Promise<string>
  /** It holds its connections and answers nothing, as a machine does that swaps. */
  pause(): void
  resume(): void
  /** Ends it without a word; `start` runs another one, empty, in its place. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** @param config More lines for its config. */
export async function redisServer(...config: readonly string[]): Promise<RedisServer> {
  const port = await freePort()
  let running: Program | undefined
  const signal = (name: NodeJS.Signals): void => {
    if (running !== undefined) process.kill(running.pid, name)
  }
  const start = async (): Promise<void> => {
    const lines = (dir: string): string =>
      [`bind 127.0.0.1`, `port ${port}`, `dir ${dir}`, 'save ""', 'enable-debug-command yes', ...config, ''].join('\n')
    running = await program('redis-server', lines, { port })
  }
  const end = async (name: NodeJS.Signals): Promise<void> => {
    const was = running
    running = undefined
    if (was === undefined) return
    process.kill(was.pid, name)
    // One that is held up ends only when it goes on, unless it is killed.
    if (name !== 'SIGKILL') process.kill(was.pid, 'SIGCONT')
    await was.stop()
  }
  const close = (): Promise<void> => end('SIGTERM')
  await start()
  return {
    port,
    async cli(...args) {
      const { stdout } = await exec('redis-cli', ['-e', '-p', String(port), ...args])
      return stdout.trimEnd()
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill: () => end('SIGKILL'),
    start,
    close,
    [Symbol.asyncDispose]: close,
  }
}

export interface RedisCluster extends AsyncDisposable {
  readonly ports: readonly number[]
  readonly nodes: readonly RedisServer[]
  close(): Promise<void>
}

/** Three masters without replicas. */
export async function redisCluster(): Promise<RedisCluster> {
  const config = ['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-config-file nodes.conf']
  const nodes = await Promise.all([1, 2, 3].map(async () => redisServer(...config, `cluster-port ${await freePort()}`)))
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()))
  }
  try {
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
    await nodes[0]!.cli('--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes')
    for (const node of nodes)
      await eventually(async () => (await node.cli('cluster', 'info')).includes('cluster_state:ok'), {
        timeoutMs: 10_000,
      })
  } catch (error) {
    await close()
    throw error
  }
  return { nodes, ports: nodes.map(({ port }) => port), close, [Symbol.asyncDispose]: close }
}
