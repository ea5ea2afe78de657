import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'

/** Whether Debian's HAProxy is there. */
export const haproxyFound = spawnSync('haproxy', ['-v']).status === 0

export interface Haproxy extends AsyncDisposable {
  readonly port: number
}

/** Runs a real HAProxy in TCP mode between a port of its own and `to`. */
export async function haproxy(bindOptions: string, to: number, serverOptions: string): Promise<Haproxy> {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-haproxy-'))
  const port = await freePort()
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen it
  bind 127.0.0.1:${port} ${bindOptions}
  server it 127.0.0.1:${to} ${serverOptions}
`,
  )
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr!.on('data', (text) => {
    complaint += text
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await eventually(() => accepts(port, child), { timeoutMs: 5_000 })
  } catch (error) {
    await stop()
    throw new Error(`haproxy did not start: ${complaint}`, { cause: error })
  }
  return { port, [Symbol.asyncDispose]: stop }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

function accepts(port: number, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`)
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
