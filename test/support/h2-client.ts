import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'

/** A reply as an HTTP/2 client saw it. */
export interface H2Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: IncomingHttpHeaders
  /** What came before it (1xx). */
  readonly interim: readonly IncomingHttpHeaders[]
  /** What the stream was reset with; 0 when it was not. */
  readonly reset: number
}

export interface H2AskOptions {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer | undefined
}

/** A connection of HTTP/2 with any number of requests on it. */
export interface H2Client extends AsyncDisposable {
  readonly session: ClientHttp2Session
  /** The last stream that a GOAWAY let through; `null` as long as there was none. */
  readonly goneAway: number | null
  /** Asks, and reads the reply to its end. */
  ask(path: string, options?: H2AskOptions): Promise<H2Answer>
  /** Begins a request whose body is still to come, unless `endStream` says otherwise. */
  open(path: string, headers?: OutgoingHttpHeaders, endStream?: boolean): ClientHttp2Stream
}

/** Connects to a server on 127.0.0.1; with a certificate authority, over TLS. */
export function h2Client(port: number, tls?: { readonly ca: string }): H2Client {
  const session = connect(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, tls ?? {})
  let goneAway: number | null = null
  session.on('error', () => {})
  session.on('goaway', (_code, lastStream) => {
    goneAway = lastStream
  })
  const open = (path: string, headers: OutgoingHttpHeaders = {}, endStream = false): ClientHttp2Stream => {
    const stream = session.request({ ':path': path, ':authority': 'a.test', ...headers }, { endStream })
    stream.on('error', () => {})
    return stream
  }
  return {
    session,
    get goneAway() {
      return goneAway
    },
    open,
    ask(path, { method = 'GET', headers = {}, body } = {}) {
      const stream = open(path, { ':method': method, ...headers }, body === undefined)
      if (body !== undefined) stream.end(body)
      return answerOf(stream)
    },
    async [Symbol.asyncDispose]() {
      if (session.destroyed) return
      const gone = new Promise((resolve) => session.once('close', resolve))
      session.destroy()
      await gone
    },
  }
}

/** Reads a reply to its end, or to where it breaks off. */
export function answerOf(stream: ClientHttp2Stream): Promise<H2Answer> {
  return new Promise((resolve, reject) => {
    const interim: IncomingHttpHeaders[] = []
    const parts: Buffer[] = []
    let headers: IncomingHttpHeaders | null = null
    let trailers: IncomingHttpHeaders = {}
    stream.on('headers', (fields) => interim.push(plain(fields)))
    stream.on('response', (fields) => {
      headers = plain(fields)
    })
    stream.on('trailers', (fields) => {
      trailers = plain(fields)
    })
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('close', () => {
      if (headers === null) return reject(new Error(`no reply; reset with ${stream.rstCode}`))
      const status = Number((headers as Record<string, unknown>)[':status'])
      resolve({ status, headers, body: Buffer.concat(parts).toString(), trailers, interim, reset: stream.rstCode ?? 0 })
    })
  })
}

/** Without what Node adds to fields: symbols, and no prototype. */
function plain(fields: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(fields))
}
