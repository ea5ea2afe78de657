import http from 'node:http'
import { Pool } from 'undici'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly signal?: AbortSignal
  readonly agent?: http.Agent
}

/** Asks once, on a connection of its own. @throws the socket's error, also when the reply breaks off. */
export function ask(port: number, path = '/', options: AskOptions = {}): Promise<Answer> {
  const { body, ...rest } = options
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...rest }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, body: Buffer.concat(parts).toString() })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/**
 * Sends `count` GETs, `concurrency` at a time, over kept connections, and tells how many of each status or error came back.
 *
 * @param each Told of the number of each request before it is sent.
 */
export async function load(
  port: number,
  count: number,
  options: { concurrency?: number; path?: string; each?: (at: number) => void } = {},
): Promise<Record<string, number>> {
  const { concurrency = 32, path = '/', each } = options
  const client = new Pool(`http://127.0.0.1:${port}`, { connections: concurrency, pipelining: 1 })
  const results: Record<string, number> = {}
  let sent = 0
  const worker = async (): Promise<void> => {
    while (sent < count) {
      const at = sent++
      each?.(at)
      let what: string
      try {
        const reply = await client.request({ path, method: 'GET' })
        await reply.body.dump()
        what = String(reply.statusCode)
      } catch (error) {
        what = (error as { code?: string }).code ?? String(error)
      }
      results[what] = (results[what] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  await client.close()
  return results
}
