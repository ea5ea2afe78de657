// The upstream processes, each always on its two ports.

import { createServer } from 'node:net'
import { start } from './processes.js'

/** Below the ports that the kernel gives clients: a connection to a port of those could meet itself while nobody listens. */
const PORTS = [20_000, 31_999]

export class Upstreams {
  #ports
  #workers = []
  #down = new Set()

  /** @param {{ http1: number, http2: number }[]} ports @param {(complaint: string) => void} complain */
  constructor(ports, complain) {
    this.#ports = ports
    this.complain = complain
  }

  static async begin(count, chance, complain) {
    const ports = []
    for (let at = 0; at < count; at++) ports.push({ http1: await freePort(chance), http2: await freePort(chance) })
    const upstreams = new Upstreams(ports, complain)
    for (let at = 0; at < count; at++) await upstreams.start(at)
    return upstreams
  }

  get count() {
    return this.#ports.length
  }

  /** Their addresses, for each protocol. */
  get urls() {
    const urls = (name) => this.#ports.map((ports) => `http://127.0.0.1:${ports[name]}`)
    return { http1: urls('http1'), http2: urls('http2') }
  }

  nameOf(at) {
    return `upstream-${at}`
  }

  async start(at) {
    const { http1, http2 } = this.#ports[at]
    const worker = await start(this.nameOf(at), 'upstream.js', [this.nameOf(at), String(http1), String(http2)])
    this.#down.delete(at)
    worker.on('exit', (what) => {
      if (!this.#down.has(at)) this.complain(`${worker.name} ended by itself: ${what}\n${worker.stderr}`)
    })
    this.#workers[at] = worker
  }

  async kill(at) {
    this.#down.add(at)
    await this.#workers[at].end('SIGKILL')
  }

  /** How many connections they have, all together. */
  async connections() {
    const counts = await Promise.all(this.#workers.map((worker) => worker.ask('connections')))
    return counts.reduce((all, each) => all + each, 0)
  }

  async end() {
    for (const [at] of this.#workers.entries()) await this.kill(at)
  }
}

/** @type {Set<number>} */
const given = new Set()

async function freePort(chance) {
  for (;;) {
    const port = chance.whole(...PORTS)
    if (!given.has(port) && (await isFree(port))) {
      given.add(port)
      return port
    }
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
