// The processes that the soak starts, and none but those it ends.

import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** H-194: whatever Node only warns about is a fault. */
const STRICT = ['--unhandled-rejections=strict', '--throw-deprecation', '--trace-warnings', '--expose-gc']
const KEPT_STDERR = 64 * 1024

/** @type {Set<import('node:child_process').ChildProcess>} */
const living = new Set()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** A script of this folder in a process of its own. Emits `exit` with what it died of, and `told` for what it says unasked. */
export class Worker extends EventEmitter {
  #child
  #seq = 0
  #asked = new Map()
  #deaf = false
  stderr = ''

  /** @param {string} name @param {string} script @param {readonly string[]} args */
  constructor(name, script, args = []) {
    super()
    this.name = name
    const path = fileURLToPath(new URL(script, import.meta.url))
    this.#child = spawn(process.execPath, [...STRICT, path, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
    })
    living.add(this.#child)
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr = (this.stderr + text).slice(0, KEPT_STDERR)
    })
    this.#child.on('error', (error) => this.#over(error.message))
    this.#child.on('close', (code, signal) => this.#over(signal ?? `exit code ${code}`))
    this.#child.on('message', (message) => this.#heard(message))
  }

  get pid() {
    return this.#child.pid
  }

  /** @returns {Promise<any>} Rejects when it ends before it answers, or takes too long. */
  ask(ask, given, { withinMs = 10_000 } = {}) {
    if (this.#deaf) return Promise.reject(new Error(`${this.name} is gone`))
    const seq = ++this.#seq
    const { promise, resolve, reject } = Promise.withResolvers()
    const timer = setTimeout(
      () => reject(new Error(`${this.name} did not answer "${ask}" in ${withinMs} ms`)),
      withinMs,
    )
    this.#asked.set(seq, { resolve, reject })
    // That it could not be sent shows in its end.
    this.#child.send({ seq, ask, given }, () => {})
    return promise.finally(() => {
      clearTimeout(timer)
      this.#asked.delete(seq)
    })
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal = 'SIGKILL') {
    if (this.#deaf) return
    const over = once(this, 'exit')
    this.#child.kill(signal)
    await over
  }

  #heard(message) {
    if (message.seq === undefined) this.emit('told', message)
    else this.#asked.get(message.seq)?.resolve(message.value)
  }

  #over(what) {
    if (this.#deaf) return
    this.#deaf = true
    living.delete(this.#child)
    for (const { reject } of this.#asked.values()) reject(new Error(`${this.name} ended: ${what}\n${this.stderr}`))
    this.emit('exit', what)
  }
}

/** Starts a worker and waits until it says that it is ready. */
export async function start(name, script, args) {
  const worker = new Worker(name, script, args)
  const { ready } = await worker.ask('ready')
  if (!ready) throw new Error(`${name} is not ready`)
  return worker
}
