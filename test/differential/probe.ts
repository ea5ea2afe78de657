import { connect, type Socket } from 'node:net'

const ASK = 'GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n'
/** Past this, an answer will not come on that connection. */
const DEAF_MS = 3_000
/** What ends the far end's reply. */
const ANSWERED = '\r\n\r\nok'

/**
 * Tells when a proxy has dealt with what it has been sent, without a clock: each proxy is one event loop, so that what a request of
 * ours overtakes on its way through it and back, round after round, is not under way: it waits for more.
 */
export class Probe implements AsyncDisposable {
  readonly #port: number
  #socket: Socket | null = null
  #waiting: { rounds: number; readonly resolve: () => void }[] = []
  #running = false

  constructor(port: number) {
    this.#port = port
  }

  /** Resolves after so many whole rounds. */
  quiet(rounds: number): Promise<void> {
    return new Promise((resolve) => {
      // The round under way has begun before.
      this.#waiting.push({ rounds: this.#running ? rounds + 1 : rounds, resolve })
      if (!this.#running) this.#round()
    })
  }

  #round(): void {
    this.#running = true
    this.#socket ??= this.#open()
    this.#socket.write(ASK)
  }

  #open(): Socket {
    let text = ''
    const socket = connect(this.#port, '127.0.0.1').setEncoding('latin1').setNoDelay(true)
    socket.on('data', (chunk: string) => {
      text += chunk
      if (!text.endsWith(ANSWERED)) return
      if (/^connection: close/im.test(text)) this.#leave(socket)
      text = ''
      this.#answered()
    })
    // Closed by the proxy, or deaf: the round is asked for anew.
    socket.on('error', () => {})
    socket.setTimeout(DEAF_MS, () => socket.destroy())
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = null
      if (this.#running) this.#round()
    })
    return socket
  }

  #leave(socket: Socket): void {
    if (this.#socket === socket) this.#socket = null
    socket.destroy()
  }

  #answered(): void {
    this.#running = false
    for (const each of this.#waiting) each.rounds -= 1
    const done = this.#waiting.filter(({ rounds }) => rounds <= 0)
    this.#waiting = this.#waiting.filter(({ rounds }) => rounds > 0)
    for (const { resolve } of done) resolve()
    if (this.#waiting.length > 0 && !this.#running) this.#round()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false
    this.#socket?.destroy()
  }
}
