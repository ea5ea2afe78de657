// The client side of the check: plain requests, a steady load, a WebSocket, a big upload and download.
import { once } from 'node:events'
import http from 'node:http'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { fingerprint, payload } from './payload.js'

/** @param {number} port */
export function clientOf(port) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })

  async function request(path, options = {}, body = null) {
    const req = http.request({ host: '127.0.0.1', port, path, agent, ...options })
    const replied = once(req, 'response')
    const sent = body === null ? req.end() : pipeline(body, req)
    const [res] = await replied
    await sent
    return res
  }

  const client = {
    async hello() {
      const res = await request('/api/hello')
      const { upstream } = await json(res)
      if (res.statusCode !== 200 || upstream === undefined) throw new Error(`status ${res.statusCode}`)
      return upstream
    },
    /** Eight at a time, at an easy pace, until `enough` says so; what failed is counted, not thrown. */
    async load(enough) {
      const seen = { requests: 0, failures: [] }
      const one = async () => {
        while (!enough()) {
          seen.requests++
          await client.hello().catch((error) => seen.failures.push(error.message))
          await wait(2)
        }
      }
      await Promise.all(Array.from({ length: 8 }, one))
      return seen
    },
    async echo(text) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/api/echo`)
      await once(socket, 'open')
      socket.send(text)
      const [data] = await once(socket, 'message')
      socket.close()
      await once(socket, 'close')
      return String(data)
    },
    async upload(bytes) {
      const options = { method: 'PUT', headers: { 'content-length': bytes } }
      return json(await request('/api/upload', options, Readable.from(payload(bytes))))
    },
    async download(bytes) {
      return fingerprint(await request(`/api/download?bytes=${bytes}`))
    },
    close: () => agent.destroy(),
  }
  return client
}
