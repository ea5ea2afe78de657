import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

/** What each held request is answered with, so that a reply that lacks a byte is seen. */
export const BODY = 'held '.repeat(2_000)
/** The rest of each message, long enough that frames are torn if they can be. */
export const MESSAGE = 'm'.repeat(3_000)

/** The upstream of both processes: holds `/held`, answers the rest, and talks to its WebSockets without end. */
export interface OverlapFar extends AsyncDisposable {
  readonly url: string
  readonly held: number
  /** Numbers that each WebSocket's client has said, by the client's own number. */
  readonly heard: ReadonlyMap<string, number>
  /** Answers all that is held. */
  release(): void
}

export async function overlapFar(): Promise<OverlapFar> {
  const held = new Set<ServerResponse>()
  const heard = new Map<string, number>()
  const server = createServer((req, res) => {
    if (req.url !== '/held') return void res.end('ok')
    held.add(res)
  })
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false })
  webSockets.on('connection', (socket, { url = '' }) => {
    let said = 0
    const talk = setInterval(() => socket.send(`${++said} ${MESSAGE}`), 100)
    socket.on('error', () => {})
    socket.on('close', () => clearInterval(talk))
    socket.on('message', (data) => {
      const number = Number(String(data).split(' ')[0])
      heard.set(url, number === (heard.get(url) ?? 0) + 1 ? number : Number.NaN)
    })
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get held() {
      return held.size
    },
    heard,
    release() {
      for (const res of held) res.end(BODY)
    },
    async [Symbol.asyncDispose]() {
      const stopped = new Promise((resolve) => server.close(resolve))
      for (const socket of webSockets.clients) socket.terminate()
      server.closeAllConnections()
      await stopped
    },
  }
}
