import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A query as the agent saw it. */
export interface ConsulRequest {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

export interface ConsulAgent extends AsyncDisposable {
  readonly port: number
  readonly requests: readonly ConsulRequest[]
  /** Queries that wait. */
  readonly waiting: number
  /** Sets the entries, and moves the index on, or to where it is told. */
  set(entries: readonly object[], index?: number): void
  /** What the next queries get instead: a status, half an answer, or another body; until `null`. */
  spoil(how: number | 'half' | { readonly body: string; readonly type: string } | null): void
  /** Answers with this in place of `X-Consul-Index`, or without it when `undefined`, until `null`. */
  claim(index: string | undefined | null): void
}

/** A Consul agent that speaks blocking queries on a service's health: holds a request until the index is past the asked one. */
export async function consulAgent(): Promise<ConsulAgent> {
  const requests: ConsulRequest[] = []
  const waiting = new Map<ServerResponse, () => void>()
  let entries: readonly object[] = []
  let index = 10
  let spoilt: Parameters<ConsulAgent['spoil']>[0] = null
  let claimed: string | undefined | null = null

  function reply(response: ServerResponse): void {
    const at = claimed === null ? String(index) : claimed
    if (at !== undefined) response.setHeader('x-consul-index', at)
    if (typeof spoilt === 'number') return void response.writeHead(spoilt).end('rpc error: no cluster leader')
    if (spoilt === 'half') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      return void response.write('[{"Node":', () => response.destroy())
    }
    response.setHeader('content-type', spoilt?.type ?? 'application/json')
    response.end(spoilt?.body ?? JSON.stringify(entries))
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://agent')
    const query = Object.fromEntries(url.searchParams)
    requests.push({ path: url.pathname, query })
    const asked = Number(query['index'] ?? 0)
    if (asked === 0 || index > asked || spoilt !== null) return reply(response)
    const waited = new AbortController()
    const answer = (): void => {
      waited.abort()
      waiting.delete(response)
      reply(response)
    }
    waiting.set(response, answer)
    response.on('close', () => {
      waited.abort()
      waiting.delete(response)
    })
    const ms = Number(/^(\d+)ms$/.exec(query['wait'] ?? '')?.[1])
    delay(ms, undefined, { signal: waited.signal }).then(answer, () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const wakeAll = (): void => {
    for (const answer of [...waiting.values()]) answer()
  }
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get waiting() {
      return waiting.size
    },
    set(next, at = index + 1) {
      entries = next
      index = at
      wakeAll()
    },
    spoil(how) {
      spoilt = how
      if (how !== null) wakeAll()
    },
    claim(at) {
      claimed = at
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
