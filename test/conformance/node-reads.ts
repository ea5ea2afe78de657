import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'

/** What Node's own client makes of the bytes of a reply. */
export interface NodeReading {
  readonly interims: readonly number[]
  readonly status: number | null
  readonly rawHeaders: readonly string[]
  readonly rawTrailers: readonly string[]
  readonly body: Buffer
  readonly complete: boolean
  readonly error: string | null
}

/** Lets Node's client, as strict as it can be, read bytes to the end of their connection: without a socket, so that thousands take a second. */
export function nodeReads(bytes: Buffer, method = 'GET'): Promise<NodeReading> {
  const wire = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const interims: number[] = []
  const body: Buffer[] = []
  let response: IncomingMessage | null = null
  let error: string | null = null
  const failed = (reason: Error & { code?: string }): void => {
    error ??= reason.code ?? reason.message
  }
  const request: ClientRequest = httpRequest({
    method,
    path: '/x',
    createConnection: () => wire as never,
    insecureHTTPParser: false,
  })
  request.on('information', ({ statusCode }) => interims.push(statusCode))
  request.on('upgrade', (_response, socket) => {
    failed(new Error('upgrade'))
    socket.destroy()
  })
  request.on('error', failed)
  request.on('response', (made) => {
    response = made
    made.on('data', (chunk: Buffer) => body.push(chunk))
    made.on('error', failed)
  })
  request.end()
  wire.push(bytes)
  wire.push(null)
  return new Promise((resolve) => {
    request.on('close', () => {
      // What it has handed on arrives by then.
      setImmediate(() => {
        const { statusCode = null, rawHeaders = [], rawTrailers = [], complete = false } = response ?? {}
        resolve({ interims, status: statusCode, rawHeaders, rawTrailers, body: Buffer.concat(body), complete, error })
      })
    })
  })
}
