// The load: requests that arrive by chance (Poisson), whether or not those before them have been answered, on connections that are
// open already, as another proxy's are. A request's time runs from when it was due, so that a server that stalls cannot hide it.

import { once } from 'node:events'
import { connect } from 'node:net'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { createRandom } from '../support/stats.js'

const CONNECTIONS = 256
/** A client leaves when there is no reply by then. */
const PATIENCE_MS = 2_000
const REQUEST = 'GET /items HTTP/1.1\r\nHost: a.test\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n'

/** Connections with at most one request each; a request that finds none waits for one. */
class Connections {
  #free = []
  #all = new Set()
  #waiting = []
  #port
  #closed = false

  static async open(port) {
    const connections = new Connections()
    connections.#port = port
    await Promise.all(Array.from({ length: CONNECTIONS }, () => connections.#add()))
    return connections
  }

  /** @param {number} dueAt @param {(outcome: number | string) => void} done told the status, or what went wrong */
  ask(dueAt, done) {
    this.#waiting.push({ dueAt, done })
    this.#next()
  }

  close() {
    this.#closed = true
    for (const socket of this.#all) socket.destroy()
  }

  #next() {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const { dueAt, done } = this.#waiting.shift()
      const left = dueAt + PATIENCE_MS - performance.now()
      if (left <= 0) {
        done('no reply')
        continue
      }
      const socket = this.#free.shift()
      socket.done = done
      socket.timer = setTimeout(() => this.#lose(socket, 'no reply'), left)
      socket.write(REQUEST)
    }
  }

  async #add() {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    this.#all.add(socket)
    socket.text = ''
    socket.on('data', (chunk) => this.#read(socket, chunk))
    socket.on('error', () => this.#lose(socket, 'reset'))
    socket.on('close', () => this.#lose(socket, 'closed'))
    await once(socket, 'connect')
    this.#free.push(socket)
    this.#next()
  }

  #read(socket, chunk) {
    socket.text += chunk.toString('latin1')
    const end = socket.text.indexOf('\r\n\r\n')
    if (end === -1) return
    const length = Number(/content-length: (\d+)/i.exec(socket.text)?.[1])
    if (socket.text.length < end + 4 + length) return
    const status = Number(socket.text.slice(9, 12))
    const { done } = socket
    socket.text = ''
    socket.done = null
    clearTimeout(socket.timer)
    this.#free.push(socket)
    done(status)
    this.#next()
  }

  #lose(socket, why) {
    if (!this.#all.delete(socket)) return
    clearTimeout(socket.timer)
    socket.destroy()
    this.#free = this.#free.filter((each) => each !== socket)
    socket.done?.(why)
    socket.done = null
    if (!this.#closed) this.#add().catch(() => {})
  }
}

/** What a server can do: four requests at any time, each followed by the next. */
async function closedLoop({ port, seconds, leadMs }) {
  const connections = await Connections.open(port)
  const start = performance.now()
  const until = start + leadMs + seconds * 1000
  let count = 0
  const worker = async () => {
    while (performance.now() < until) {
      const outcome = await new Promise((resolve) => connections.ask(performance.now(), resolve))
      if (outcome !== 200) throw new Error(`answered ${outcome}`)
      if (performance.now() >= start + leadMs) count++
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  connections.close()
  return { perSecond: count / seconds }
}

/** @param {{ port: number, perSecond: number, seconds: number, leadMs: number, seed: number }} job */
async function openLoop({ port, perSecond, seconds, leadMs, seed }) {
  const random = createRandom(seed)
  const until = leadMs + seconds * 1000
  const connections = await Connections.open(port)
  const result = { latencies: [], shedLatencies: [], lost: {} }
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  const start = performance.now()
  let due = 0
  let open = 0
  await new Promise((resolve) => {
    const end = (arrivedAt, outcome) => {
      open--
      if (arrivedAt >= leadMs) {
        const took = performance.now() - start - arrivedAt
        if (outcome === 200) result.latencies.push(took)
        else if (outcome === 503) result.shedLatencies.push(took)
        else result.lost[outcome] = (result.lost[outcome] ?? 0) + 1
      }
      if (open === 0 && due >= until) resolve()
    }
    const pump = () => {
      const now = performance.now() - start
      while (due <= now && due < until) {
        const arrivedAt = due
        open++
        connections.ask(start + due, (outcome) => end(arrivedAt, outcome))
        due -= (Math.log(1 - random()) * 1000) / perSecond
      }
      if (due < until) setTimeout(pump, Math.max(0, Math.floor(due - now)))
    }
    pump()
  })
  lag.disable()
  connections.close()
  return { ...result, lagMs: lag.percentile(99) / 1e6 }
}

process.on('message', async (job) => {
  try {
    process.send({ result: await (job.perSecond === undefined ? closedLoop(job) : openLoop(job)) })
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send({ ready: true })
