import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  type EndpointOptions,
  http1,
  httpProxy,
  readable,
  reply,
  type Transport,
  toHeaders,
  type UpstreamTls,
  undici,
} from 'edgewise'
import { upstream } from '../support/index.js'

/** A request as it reaches the far side of a transport. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Readable
  /** Settles when the far side learns that its answer is not wanted any more. */
  readonly gone: Promise<unknown>
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Readable | Buffer | string
  readonly trailers?: Readonly<Record<string, string>>
}

export type Far = (call: Call) => Answer | Promise<Answer>

export interface FarSide extends AsyncDisposable {
  readonly endpoint: EndpointOptions
  readonly tls?: UpstreamTls | undefined
}

/** How the network transports differ, each as its docstring says. */
export interface NetworkTraits {
  /** Status a client gets when the upstream sends a `100 Continue` that nobody asked for (H-067). */
  readonly unasked100: 200 | 502
  /** Status a client gets for Transfer-Encoding in an HTTP/1.0 reply (H-105). */
  readonly codingInHttp10: 200 | 502
  /** Status a client gets for a reply with bytes right behind it, in the same packet (H-104). */
  readonly bytesBehind: 200 | 502
}

/** A transport under the contract. */
export interface Subject {
  readonly name: string
  /** Undefined where the endpoint decides it. */
  readonly transport: () => Transport | undefined
  readonly far: (far: Far) => Promise<FarSide>
  /** Null where there are no bytes of HTTP/1.1 to get wrong: for handlers in this process, and for HTTP/2. */
  readonly network: NetworkTraits | null
}

export const networkSubjects: readonly Subject[] = [
  {
    name: 'http1',
    transport: http1,
    far: overNetwork,
    network: { unasked100: 200, codingInHttp10: 502, bytesBehind: 200 },
  },
  {
    name: 'undici',
    transport: undici,
    far: overNetwork,
    network: { unasked100: 502, codingInHttp10: 200, bytesBehind: 200 },
  },
  {
    name: 'httpProxy',
    transport: httpProxy,
    far: overNetwork,
    network: { unasked100: 200, codingInHttp10: 502, bytesBehind: 502 },
  },
]

export function subject(name: string): Subject {
  return networkSubjects.find((each) => each.name === name)!
}

/** A far side on Node's HTTP server. */
async function overNetwork(far: Far): Promise<FarSide> {
  const server = await upstream(
    async (request, response) => {
      const gone = once(response, 'close')
      const { method = '', url: path = '', headers } = request
      const answer = await far({ method, path, headers, body: request, gone })
      if (response.destroyed) return
      const fields = Object.entries(answer.headers ?? {}).flatMap(([name, value]) =>
        [value].flat().flatMap((line) => [name, line as string]),
      )
      if (answer.trailers) fields.push('trailer', Object.keys(answer.trailers).join(', '))
      response.writeHead(answer.status ?? 200, fields)
      if (answer.trailers) response.addTrailers(answer.trailers)
      const { body = '' } = answer
      if (!(body instanceof Readable)) return response.end(body)
      response.flushHeaders()
      await pipeline(body, response).catch(() => {})
    },
    { record: false },
  )
  return { endpoint: { url: server.url }, [Symbol.asyncDispose]: () => server.stop() }
}

/** A far side that is a handler in this process. */
export async function inProcess(far: Far): Promise<FarSide> {
  return {
    endpoint: {
      name: 'local',
      handler: async (exchange) => {
        const { promise: gone, resolve } = Promise.withResolvers<void>()
        exchange.signal.addEventListener('abort', () => resolve())
        const { method, wire, headers } = exchange
        const answer = await far({ method, path: wire.href, headers, body: readable(exchange.body), gone })
        const { status = 200, body, headers: fields, trailers } = answer
        const made = reply(status, body === '' ? null : (body ?? null), fields)
        return trailers === undefined ? made : { ...made, trailers: () => toHeaders(trailers) }
      },
    },
    async [Symbol.asyncDispose]() {},
  }
}
