import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../src/testing/eventually.js'

/** A Debian program that ours is compared with, or works with. */
export type ProgramName = 'nginx' | 'haproxy' | 'redis-server'

/** Where a program listens, as the options of `node:http` name it. */
export type Door = { readonly socketPath: string } | { readonly port: number }

export interface ProgramOptions {
  /** Where its config lets it listen on 127.0.0.1. @default none: it is a unix socket, `door` in its folder */
  readonly port?: number | undefined
}

/** A real program in a process and a folder of its own. */
export interface Program extends AsyncDisposable {
  readonly dir: string
  readonly door: Door
  readonly pid: number
  /** What it printed, so far. */
  readonly complaint: string
  /** Ends it with SIGTERM and removes its folder. */
  stop(): Promise<void>
}

/** What NGINX wants in every `http` block: no access log, and temporary files in its folder instead of Debian's. */
export const NGINX_HTTP: string = `access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${name};`).join('\n')}`

const ARGS: Readonly<Record<ProgramName, (dir: string) => readonly string[]>> = {
  nginx: (dir) => ['-p', dir, '-c', 'config', '-e', 'error.log', '-g', `daemon off; pid ${dir}/pid;`],
  haproxy: (dir) => ['-db', '-f', join(dir, 'config')],
  'redis-server': (dir) => [join(dir, 'config')],
}

/** Those that run: none outlives this process, not even one that a crash or a pause left behind. */
const alive = new Set<ChildProcess>()

function killAll(): void {
  for (const each of alive) each.kill('SIGKILL')
}

/** Whether a program is there; a test of it is skipped elsewhere. */
export function installed(name: ProgramName | 'slowhttptest'): boolean {
  return spawnSync(name, ['-v']).error === undefined
}

/**
 * Runs a program with a config text, made for its folder; resolves once it accepts connections.
 *
 * @throws Error with its complaint if it ends before, or does not listen after 10 seconds.
 */
export async function program(
  name: ProgramName,
  config: (dir: string) => string,
  { port }: ProgramOptions = {},
): Promise<Program> {
  const dir = await mkdtemp(join(tmpdir(), `edgewise-${name}-`))
  // Started by root, NGINX's worker is somebody else.
  await chmod(dir, 0o755)
  await writeFile(join(dir, 'config'), config(dir))
  const door: Door = port === undefined ? { socketPath: join(dir, 'door') } : { port }

  const running = spawn(name, ARGS[name](dir), { stdio: ['ignore', 'pipe', 'pipe'] })
  if (!process.listeners('exit').includes(killAll)) process.on('exit', killAll)
  alive.add(running)
  let complaint = ''
  let ended = false
  for (const stream of [running.stdout, running.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
  running.once('error', (error) => {
    complaint += error.message
  })
  const exit = new Promise<void>((resolve) => {
    running.once('close', () => {
      ended = true
      alive.delete(running)
      resolve()
    })
  })

  const stop = async (): Promise<void> => {
    running.kill('SIGTERM')
    await exit
    await rm(dir, { recursive: true, force: true })
  }
  try {
    await eventually(async () => ended || (await opens(door)), { timeoutMs: 10_000, what: `${name} listens` })
    if (ended) throw new Error(`${name} ended`)
  } catch (error) {
    await stop()
    throw new Error(`${name} did not start: ${complaint}`, { cause: error })
  }
  return {
    dir,
    door,
    pid: running.pid!,
    get complaint() {
      return complaint
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function opens(door: Door): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = 'port' in door ? connect(door.port, '127.0.0.1') : connect(door.socketPath)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
