import { type ChildProcess, type Serializable, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ChildOptions {
  /** More flags for Node. @default none */
  readonly execArgv?: readonly string[] | undefined
  /** Modules for `--import`, such as `sourceLoader`. @default none */
  readonly imports?: readonly (string | URL)[] | undefined
  /** Arguments of the app. @default none */
  readonly args?: readonly string[] | undefined
  /** Added to this process's environment, without its NODE_OPTIONS. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Where `{ code }` resolves its imports. @default process.cwd() */
  readonly cwd?: string | undefined
  /** @default 10000 */
  readonly readyTimeoutMs?: number | undefined
}

export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** An app in a process of its own, where a crash is an exit code. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  /** From `READY <port>`, or a first message that is a number or has a `port`; else 0. */
  readonly port: number
  /** What it printed, so far. */
  readonly stdout: string
  readonly stderr: string
  /** IPC messages, the first one included. */
  readonly messages: readonly unknown[]
  readonly exit: Promise<ChildExit>
  send(message: Serializable): void
  alive(): boolean
  /** @throws Error if it exited or a crash or warning stands on its stderr, which is given a moment (25 ms) to arrive. */
  healthy(): Promise<void>
  /** Ends it: SIGTERM, then SIGKILL after `graceMs` (default 2000). */
  stop(graceMs?: number): Promise<ChildExit>
}

// H-194: whatever Node only warns about is a fault of the code under test.
const FLAGS = ['--unhandled-rejections=strict', '--trace-warnings', '--throw-deprecation']
const UNHEALTHY = /uncaughtException|unhandledRejection|UnhandledPromiseRejection|Warning/
const running = new Set<ChildProcess>()

/**
 * Runs a module (or ESM `code`) in a child Node under strict flags; resolves once it sends an IPC message or prints `READY <port>`.
 *
 * @throws Error with its stderr if it exits before, or is not ready after `readyTimeoutMs`.
 */
export async function child(app: string | URL | { readonly code: string }, options: ChildOptions = {}): Promise<Child> {
  const { execArgv = [], imports = [], args = [], env = {}, cwd = process.cwd(), readyTimeoutMs = 10_000 } = options
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const entry =
    typeof app === 'object' && 'code' in app
      ? ['--input-type=module', '--eval', app.code, '--']
      : [app instanceof URL ? fileURLToPath(app) : app]
  const flags = [...FLAGS, ...execArgv, ...imports.flatMap((module) => ['--import', String(module)])]
  const forked = spawn(process.execPath, [...flags, ...entry, ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  track(forked)

  const messages: unknown[] = []
  let stdout = ''
  let stderr = ''
  let exited: ChildExit | undefined
  const ready = Promise.withResolvers<number>()
  const exit = new Promise<ChildExit>((resolve) => {
    forked.once('close', (code, signal) => {
      exited = { code, signal }
      running.delete(forked)
      ready.reject(new Error(`child exited before it was ready: ${JSON.stringify(exited)}\n${stderr}`))
      resolve(exited)
    })
  })
  forked.once('error', ready.reject)
  forked.on('message', (message) => {
    messages.push(message)
    ready.resolve(portOf(message))
  })
  forked.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  if (forked.stdout) {
    createInterface({ input: forked.stdout }).on('line', (line) => {
      stdout += `${line}\n`
      const match = /^READY (\d+)$/.exec(line)
      if (match) ready.resolve(Number(match[1]))
    })
  }

  const stop = async (graceMs = 2_000): Promise<ChildExit> => {
    if (exited) return exited
    forked.kill('SIGTERM')
    const timer = setTimeout(() => forked.kill('SIGKILL'), graceMs)
    return exit.finally(() => clearTimeout(timer))
  }
  const late = setTimeout(
    () => ready.reject(new Error(`child not ready after ${readyTimeoutMs} ms\n${stderr}`)),
    readyTimeoutMs,
  )
  let port: number
  try {
    port = await ready.promise
  } catch (error) {
    await stop(0)
    throw error
  } finally {
    clearTimeout(late)
  }

  return {
    process: forked,
    port,
    get stdout() {
      return stdout
    },
    get stderr() {
      return stderr
    },
    messages,
    exit,
    send: (message) => void forked.send(message),
    alive: () => forked.exitCode === null && forked.signalCode === null,
    async healthy() {
      await new Promise((resolve) => setTimeout(resolve, 25))
      if (exited) throw new Error(`child exited: ${JSON.stringify(exited)}\n${stderr}`)
      if (UNHEALTHY.test(stderr)) throw new Error(`child is not healthy:\n${stderr}`)
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

function portOf(message: unknown): number {
  if (typeof message === 'number') return message
  if (typeof message === 'object' && message !== null && 'port' in message) return Number(message.port)
  return 0
}

/** Makes sure that no child outlives this process. */
function track(forked: ChildProcess): void {
  if (running.size === 0 && !process.listeners('exit').includes(killAll)) process.on('exit', killAll)
  running.add(forked)
}

function killAll(): void {
  for (const forked of running) forked.kill('SIGKILL')
}
