// A program in a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const root = new URL('../../', import.meta.url)
const LIMIT_MS = 30_000

/** Starts an example, and waits for the address that it prints. It is killed with `await using`, or when it takes too long. */
export function start(name, env = {}) {
  const flags = ['--disable-warning=ExperimentalWarning', new URL(name, root).pathname]
  return launch(process.execPath, flags, { env: { ...process.env, PORT: '0', ...env } }, () => true)
}

/** Starts a Redis that keeps nothing, and resolves when it answers. */
export async function startRedis(port) {
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  return launch('redis-server', flags, {}, (line) => line.includes('Ready to accept connections'))
}

async function launch(command, flags, options, isReady) {
  const child = spawn(command, flags, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const program = { lines: [], stderr: '' }
  child.stderr.on('data', (chunk) => {
    program.stderr += chunk
  })
  const exited = Promise.race([once(child, 'exit'), once(child, 'error').then(([error]) => [error.message])])
  const deadline = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  exited.then(() => clearTimeout(deadline))
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      program.lines.push(line)
      if (isReady(line)) resolve(line)
    })
  })
  const address = await Promise.race([ready, exited.then(() => null)])
  if (address === null) throw new Error(`${command} ${flags.at(-1)} ended before it was ready\n${program.stderr}`)
  return Object.assign(program, {
    address,
    /** Ends it as an operator does, and says what was wrong with that, or nothing. */
    async stop() {
      child.kill('SIGTERM')
      const [code, signal] = await exited
      return code === 0 ? undefined : `ended with ${code ?? signal} after SIGTERM\n${program.stderr}`
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  })
}
